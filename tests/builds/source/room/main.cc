// SPDX-License-Identifier: GPL-2.0-or-later
// Without the library's large headers, which take an emulated compiler most of a minute.
#include <exception>
#include <initializer_list>
#include "room.h"

namespace {

struct Outside : std::exception {
	const char *what() const noexcept override { return "outside"; }
};

template <class T> class Sum {
public:
	explicit Sum(std::initializer_list<T> parts)
	{
		for (T part : parts)
			sum += part;
	}
	T operator()(T by) const { return by > sum ? throw Outside() : sum / by; }

private:
	T sum = 0;
};

}

int main(int argc, char **argv)
{
	const place *found = room_find(argv[argc - 1]);

	try {
		return Sum<double>({ 1.5, room_area(found, 2) })(argc) > 1;
	} catch (const Outside &outside) {
		return outside.what()[0];
	}
}
