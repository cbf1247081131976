// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include "door.h"

int door(void);

int door(void)
{
	return printf("%s in %s, %d\n", DOOR_VERSION, __FILE__, __LINE__);
}
