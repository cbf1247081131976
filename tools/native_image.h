/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef _XARCHCTL_NATIVE_IMAGE_H
#define _XARCHCTL_NATIVE_IMAGE_H

#include <stdbool.h>

#include "native_table.h"

#define NATIVE_DIR "/var/lib/xarch/native"
#define NATIVE_SUFFIX ".erofs"

/**
 * native_image_path() - where a set's image is
 * @dir: directory of images
 * @name: the set's name
 *
 * Return: a new string.
 */
char *native_image_path(const char *dir, const char *name);

/**
 * native_image_make() - make an image of a directory
 * @dir: the directory
 * @image: the image; not there yet
 * @why: set to what went wrong, a new string
 *
 * The same directory gives the same image. All is root's in it.
 *
 * Return: false with @why.
 */
bool native_image_make(const char *dir, const char *image, char **why);

/**
 * native_image_mount() - show an image at a directory
 * @image: the image
 * @at: the directory
 * @why: set to what went wrong, a new string
 *
 * The super block is read-only, which nobody can change; set-id bits and device
 * nodes in it mean nothing.
 *
 * Return: false with @why.
 */
bool native_image_mount(const char *image, const char *at, char **why);

/**
 * native_image_table() - table of a set by its image
 * @image: the image
 * @name: the set's name
 * @table: set; native_table_clear() frees what it holds
 * @why: set to what went wrong, a new string
 *
 * Nothing is mounted: the image is read as a file.
 *
 * Return: false with @why.
 */
bool native_image_table(const char *image, const char *name,
			struct native_table *table, char **why);

#endif /* _XARCHCTL_NATIVE_IMAGE_H */
