// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * tools/bundle.c, which edits config.json: our hook is the first in what it makes,
 * and all else there to the last digit, as it was. (jansson would be another reader,
 * but has functions of the same names as json-c.)
 */
#include <json.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../../tools/bundle.h"

#define XARCHCTL "/usr/local/sbin/xarchctl"
#define HOOK "{\"path\":\"" XARCHCTL "\",\"args\":[\"xarchctl\",\"oci-hook\"]}"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static json_object *parse(const char *text, size_t len)
{
	json_tokener *tok = json_tokener_new_ex(1024);
	json_object *object = json_tokener_parse_ex(tok, text, len);

	json_tokener_free(tok);
	return object;
}

static json_object *member(json_object *object, const char *key)
{
	json_object *value = NULL;

	if (json_object_is_type(object, json_type_object))
		json_object_object_get_ex(object, key, &value);
	return value;
}

static const char *text_of(json_object *object)
{
	return json_object_to_json_string_ext(object, JSON_C_TO_STRING_PLAIN |
					      JSON_C_TO_STRING_NOSLASHESCAPE);
}

static size_t hooks(json_object *config)
{
	json_object *list = member(member(config, "hooks"), "createRuntime");

	return json_object_is_type(list, json_type_array) ? json_object_array_length(list) : 0;
}

/* An empty list, null and nothing are the same here. */
static void drop_empty(json_object *config)
{
	json_object *all = member(config, "hooks");

	if (!hooks(config) && all)
		json_object_object_del(all, "createRuntime");
	if (!all || !json_object_object_length(all))
		json_object_object_del(config, "hooks");
}

static void want_asked(json_object *config, int asked)
{
	json_object *annotations = member(config, "annotations");
	int found = 0;

	if (annotations) {
		json_object_object_foreach(annotations, key, value) {
			(void)value;
			found |= !strncmp(key, "io.xarch.", strlen("io.xarch."));
		}
	}
	if (found != asked)
		abort();
}

static void want_hook_alone(json_object *old, json_object *new)
{
	json_object *list = member(member(new, "hooks"), "createRuntime");

	if (strcmp(text_of(json_object_array_get_idx(list, 0)), HOOK))
		abort();
	json_object_array_del_idx(list, 0, 1);
	drop_empty(old);
	drop_empty(new);
	if (strcmp(text_of(old), text_of(new)))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *why, *again;
	char *text = bundle_add_hook((const char *)data, size, XARCHCTL, &why);
	json_object *old, *new;

	if (why) {
		if (text)
			abort();
		return 0;
	}
	old = parse((const char *)data, size);
	if (text) {
		want_asked(old, 1);
		new = parse(text, strlen(text));
		want_hook_alone(old, new);
		json_object_put(new);
		if (bundle_add_hook(text, strlen(text), XARCHCTL, &again) || again)
			abort();
	} else if (!hooks(old)) {
		want_asked(old, 0);
	}
	json_object_put(old);
	free(text);
	return 0;
}
