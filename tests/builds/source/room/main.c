// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include "room.h"

int main(int argc, char **argv)
{
	const struct place *place = room_find(argc > 1 ? argv[1] : "hall");

	return place ? printf("%s %g\n", place->name, room_area(place, 2.5)) < 0 : 1;
}
