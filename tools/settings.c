// SPDX-License-Identifier: GPL-2.0-or-later
#include "settings.h"

struct settings settings = { .config = CONFIG_FILE };
