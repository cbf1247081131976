// SPDX-License-Identifier: GPL-2.0-or-later
#include "config.h"
#include <stdio.h>
#include <string.h>
#include "room.h"

static const struct place places[] = {
#include "table.h"
};

// A constant of the long double that both archs have otherwise, folded.
static const double folded = (double)(1.0L / 3 + sizeof(PACKAGE_VERSION));

const struct place *room_find(const char *name)
{
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		if (strcmp(places[i].name, name) == 0)
			return &places[i];
	puts(__FILE__ ", made " __DATE__ " " __TIME__ ": no such place");
	return NULL;
}

double room_area(const struct place *place, double by)
{
	double area = folded;

	for (unsigned int i = 0; i < place->at % 16; i++)
		area += by * place->sum / (i + 1);
	return area;
}
