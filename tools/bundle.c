// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <json.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "bundle.h"
#include "file.h"
#include "util.h"

#define ANNOTATION	"io.xarch."
/* Far more than any engine writes. */
#define CONFIG_MAX	(64 << 20)
#define DEPTH_MAX	128

/*
 * json-c, for it writes a number as it was read: 1.10, 1e400, and
 * 18446744073709551615, which stands for a limit without limit. Only integers of
 * more than 64 bits, which no runtime takes, it does not keep.
 *
 * Return: an object, or NULL.
 */
static json_object *parse(const char *text, size_t len)
{
	json_tokener *tok = json_tokener_new_ex(DEPTH_MAX);
	json_object *config = NULL;

	/* Its lengths are ints, and a NUL byte would be the end for it. */
	if (!tok || len > CONFIG_MAX || memchr(text, '\0', len))
		goto out;
	json_tokener_set_flags(tok, JSON_TOKENER_STRICT);
	config = json_tokener_parse_ex(tok, text, len);
	if (config && !json_object_is_type(config, json_type_object)) {
		json_object_put(config);
		config = NULL;
	}
out:
	if (tok)
		json_tokener_free(tok);
	return config;
}

/*
 * Member of an object that is of a type. One that is not there, or null, is
 * made where @make says so.
 *
 * Return: whether it is of that type, or is not there; @member is NULL then.
 */
static bool get_member(json_object *object, const char *key, json_type type,
		       json_object *(*make)(void), json_object **member)
{
	*member = NULL;
	if (json_object_object_get_ex(object, key, member) && *member)
		return json_object_is_type(*member, type);
	if (make) {
		*member = make();
		return *member && !json_object_object_add(object, key, *member);
	}
	return true;
}

static bool is_asked_for(json_object *annotations)
{
	if (!annotations)
		return false;
	json_object_object_foreach(annotations, key, value) {
		(void)value;
		if (!strncmp(key, ANNOTATION, strlen(ANNOTATION)))
			return true;
	}
	return false;
}

static json_object *make_hook(const char *xarchctl)
{
	json_object *hook = json_object_new_object();
	json_object *args = json_object_new_array();

	json_object_array_add(args, json_object_new_string("xarchctl"));
	json_object_array_add(args, json_object_new_string("oci-hook"));
	json_object_object_add(hook, "path", json_object_new_string(xarchctl));
	json_object_object_add(hook, "args", args);
	return hook;
}

static bool has_hook(json_object *list, json_object *hook)
{
	size_t i, n = json_object_array_length(list);

	for (i = 0; i < n; i++)
		if (json_object_equal(json_object_array_get_idx(list, i), hook))
			return true;
	return false;
}

/* json-c 0.16, which is Debian 12's, cannot insert into a list. */
static json_object *put_first(json_object *list, json_object *hook)
{
	size_t i, n = json_object_array_length(list);
	json_object *longer = json_object_new_array_ext(n + 1);

	json_object_array_add(longer, hook);
	for (i = 0; i < n; i++)
		json_object_array_add(longer,
			json_object_get(json_object_array_get_idx(list, i)));
	return longer;
}

static char *to_text(json_object *config)
{
	return xstrdup(json_object_to_json_string_ext(config,
			JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
}

char *bundle_add_hook(const char *text, size_t len, const char *xarchctl,
		      const char **why)
{
	json_object *config = parse(text, len);
	json_object *annotations, *hooks, *list, *hook;
	char *new = NULL;

	*why = NULL;
	if (!config) {
		*why = "is no JSON object";
		return NULL;
	}
	if (!get_member(config, "annotations", json_type_object, NULL,
			&annotations)) {
		*why = "its annotations are not an object";
	} else if (is_asked_for(annotations)) {
		if (!get_member(config, "hooks", json_type_object,
				json_object_new_object, &hooks) ||
		    !get_member(hooks, "createRuntime", json_type_array,
				json_object_new_array, &list)) {
			*why = "its hooks are no object of lists";
			goto out;
		}
		hook = make_hook(xarchctl);
		if (has_hook(list, hook)) {
			json_object_put(hook);
		} else {
			json_object_object_add(hooks, "createRuntime",
					       put_first(list, hook));
			new = to_text(config);
		}
	}
out:
	json_object_put(config);
	return new;
}

static char *beside_us(const char *name)
{
	char *own = own_path(), *slash = strrchr(own, '/'), *path;

	if (slash)
		*slash = '\0';
	path = xasprintf("%s/%s", own, name);
	free(own);
	return path;
}

bool bundle_prepare(const char *path)
{
	char *text, *new, *xarchctl, *target, *reason;
	const char *why;
	struct stat st;
	size_t len;
	int err;

	text = read_file(path, CONFIG_MAX, &len, &st, &reason);
	if (!text) {
		bool lacks = errno == ENOENT || errno == ENOTDIR ||
			     errno == ENAMETOOLONG;

		if (!lacks)
			error("%s: %s", path, reason);
		free(reason);
		return lacks;
	}
	xarchctl = beside_us("xarchctl");
	new = bundle_add_hook(text, len, xarchctl, &why);
	free(xarchctl);
	free(text);
	if (!new) {
		if (why)
			error("%s: %s: its rules cannot be looked for", path,
			      why);
		return !why;
	}
	/* Where it is a link, that which it leads to. */
	target = realpath(path, NULL);
	err = target ? replace_file(target, new, strlen(new), &st) : errno;
	if (err)
		error("%s: %s", path, strerror(err));
	free(target);
	free(new);
	return !err;
}
