// SPDX-License-Identifier: GPL-2.0-or-later
#ifndef ROOM_H
#define ROOM_H

#ifdef __cplusplus
extern "C" {
#endif

struct place {
	const char *name;
	unsigned int at : 20, sum : 12;
};

const struct place *room_find(const char *name);
double room_area(const struct place *place, double by);

#ifdef __cplusplus
}
#endif

#endif
