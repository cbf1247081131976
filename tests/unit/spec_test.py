#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The YNL spec describes the protocol of the header, no more and no less.

Compares include/spec/xarch.yaml with include/uapi/linux/xarch.h both ways,
and puts the spec through the kernel's own schema, code generator and netlink
library (tests/kselftest-fetch gets them; XARCH_KSELFTEST says where they are).
"""

import importlib
import os
import re
import shlex
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

import jsonschema
import yaml

TOP = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("XARCH_BUILD_DIR") or TOP / "build")
KSELFTEST = Path(os.environ.get("XARCH_KSELFTEST") or BUILD / "kselftest")
YNL = KSELFTEST / "tools/net/ynl"
HEADER = TOP / "include/uapi/linux/xarch.h"
ARCHS = TOP / "include/xarch/archs.h"
SPEC = TOP / "include/spec/xarch.yaml"

# A generator that does not find what it looks for may search for ever.
TIMEOUT = 60


def first_of(*paths):
    """The first of these that exists: the kernel renames its tools."""
    return next((path for path in paths if path.exists()), paths[0])


GENERATOR = first_of(YNL / "ynl-gen-c.py", YNL / "pyynl/ynl_gen_c.py")


def run(*command, **kwargs):
    return subprocess.run([str(word) for word in command], check=True, text=True,
                          timeout=TIMEOUT, stdout=subprocess.PIPE, **kwargs).stdout


def c_name(*parts):
    return "".join(parts).upper().replace("-", "_")


# The header's side.

def without_comments(text):
    return re.sub(r"/\*.*?\*/", " ", text, flags=re.S)


def header_names(header):
    """Its enumerations, {name: [enumerators]}, and its object-like macros."""
    text = without_comments(header.read_text())
    enums = {
        name: [entry.split("=")[0].strip() for entry in body.split(",") if entry.strip()]
        for name, body in re.findall(r"\benum\s+(\w+)\s*{(.*?)}", text, flags=re.S)
    }
    macros = re.findall(r"^#define\s+(\w+)[ \t]+\S", text, flags=re.M)
    return enums, macros


def header_values(header):
    """The same with values, {enum: {enumerator: value}} and {macro: value}, told by the compiler."""
    enums, macros = header_names(header)
    lines = [f'#include "{header}"', "#include <stdio.h>",
             '#define TELL(x) _Generic((x), char *: "%s %s\\n", default: "%s %lld\\n")',
             "int main(void)", "{"]
    # A string is passed as it is; a number has to be as long as printf expects.
    lines += [f'\tprintf(TELL({name}), "{name}", _Generic(({name}), char *: ({name}), '
              f"default: (long long)({name})));"
              for name in macros + [entry for entries in enums.values() for entry in entries]]
    lines += ["\treturn 0;", "}"]
    with tempfile.TemporaryDirectory() as work:
        source, program = Path(work, "values.c"), Path(work, "values")
        source.write_text("\n".join(lines) + "\n")
        run(*shlex.split(os.environ.get("CC", "cc")), "-std=gnu11", "-o", program, source)
        told = dict(line.split(" ", 1) for line in run(program).splitlines())
    told = {name: int(value) if re.fullmatch(r"-?\d+", value) else value
            for name, value in told.items()}
    return ({enum: {entry: told[entry] for entry in entries} for enum, entries in enums.items()},
            {macro: told[macro] for macro in macros})


def header_types(header, enum):
    """What its kernel-doc says of each attribute: (type, enum or None, whether it may repeat)."""
    doc = re.search(rf"/\*\*\s*\n \* enum {enum} -.*?\*/", header.read_text(), flags=re.S)[0]
    text = re.sub(r"\n \*[ \t]*", "\n", doc)
    types = {}
    for name, what in re.findall(r"^@(\w+): (.*(?:\n(?!@).*)*)", text, flags=re.M):
        kind = re.match(r"(u32|u64|string|binary|flag|nest)\b", what)
        enum = re.search(r"\benum (\w+)", what)
        types[name] = (kind and kind[1], enum and enum[1], "may repeat" in what)
    return types


# The spec's side.

def is_alias(op, taken):
    """A notification in the number of a command, which C has one name for."""
    return "notify" in op and op.get("value") in taken


def spec_values(spec):
    """As header_values()."""
    family = spec["name"] + "-"
    macros = {
        c_name(spec["c-family-name"]): spec["name"],
        c_name(spec["c-version-name"]): spec.get("version", 1),
    }
    for group in spec["mcast-groups"]["list"]:
        macros[c_name(group.get("c-define-name", f"{family}mcgrp-{group['name']}"))] = group["name"]

    enums = {}
    for definition in spec["definitions"]:
        name = family + definition["name"]
        if definition["type"] == "const":
            macros[c_name(name)] = definition["value"]
            continue
        prefix = definition.get("name-prefix", name + "-")
        enums[c_name(name).lower()] = entries = {}
        value = definition.get("value-start", 0)
        for entry in definition["entries"]:
            if isinstance(entry, str):
                entry = {"name": entry}
            value = entry.get("value", value)
            entries[c_name(prefix, entry["name"])] = \
                1 << value if definition["type"] == "flags" else value
            value += 1
        if definition.get("render-max"):
            entries[c_name("__", prefix, "max")] = value
            entries[c_name(prefix, "max")] = value - 1

    for attrs in spec["attribute-sets"]:
        enums[c_name(attrs["enum-name"]).lower()] = numbered(attrs["attributes"],
                                                             attrs["name-prefix"])
    ops = spec["operations"]
    enums[c_name(ops["enum-name"]).lower()] = numbered(ops["list"], ops["name-prefix"])
    return enums, macros


def numbered(entries, prefix):
    """Attributes or operations by their C names."""
    values, value = {}, 1
    for entry in entries:
        value = entry.get("value", value)
        if not is_alias(entry, values.values()):
            values[c_name(prefix, entry["name"])] = value
        value += 1
    last = max(values.values())
    values[c_name("__", prefix, "max")] = last + 1
    values[c_name(prefix, "max")] = last
    return values


def spec_types(spec, attrs):
    """As header_types(), for the attributes of a set that are ever sent."""
    def enum(attr):
        if "nested-attributes" in attr:
            return c_name(spec["name"], "-", attr["nested-attributes"]).lower()
        return "enum" in attr and c_name(spec["name"], "-", attr["enum"]).lower() or None

    return {
        c_name(attrs["name-prefix"], attr["name"]):
            (attr["type"], enum(attr), attr.get("multi-attr", False))
        for attr in attrs["attributes"] if attr["type"] not in ("unused", "pad")
    }


# Tests. Each yields what is wrong.

def differences(header, spec, what="value"):
    for name in header.keys() - spec.keys():
        yield f"{name} is in the header alone"
    for name in spec.keys() - header.keys():
        yield f"{name} is in the spec alone"
    for name in header.keys() & spec.keys():
        if header[name] != spec[name]:
            yield f"{name}: {what} {header[name]} in the header, {spec[name]} in the spec"


def test_schema(spec):
    schema = KSELFTEST / f"Documentation/netlink/{spec['protocol']}.yaml"
    validator = jsonschema.Draft7Validator(yaml.safe_load(schema.read_text()))
    for error in validator.iter_errors(spec):
        yield f"{'/'.join(str(part) for part in error.absolute_path)}: {error.message}"


def test_sets(spec):
    """The first set is that of all messages, the others are nested in it."""
    nested = {attr["nested-attributes"] for attr in spec["attribute-sets"][0]["attributes"]
              if "nested-attributes" in attr}
    sets = {attrs["name"] for attrs in spec["attribute-sets"][1:]}
    for name in nested ^ sets:
        yield f"attribute set {name} is not both defined and nested"


def test_macros(spec):
    guard = "_UAPI_LINUX_XARCH_H"
    _, header = header_values(HEADER)
    yield from differences({k: v for k, v in header.items() if k != guard}, spec_values(spec)[1])


def test_enum(name):
    def test(spec):
        header, _ = header_values(HEADER)
        yield from differences(header.get(name, {}), spec_values(spec)[0].get(name, {}))
    return test


def test_types(spec):
    for attrs in spec["attribute-sets"]:
        header = {name: what for name, what in header_types(HEADER, c_name(attrs["enum-name"]).lower()).items()
                  if not name.endswith(("_UNSPEC", "_PAD"))}
        yield from differences(header, spec_types(spec, attrs), "type, enum, repeats")


def test_archs(spec):
    names = re.findall(r'^\s*X\(\w+,\s*"(\w+)"', without_comments(ARCHS.read_text()), flags=re.M)
    [archs] = [item["entries"] for item in spec["definitions"] if item["name"] == "arch"]
    if not names or names != archs:
        yield f"archs.h has {names}, the spec {archs}"


def messages(spec):
    """Each message's name and the list of its attributes."""
    for op in spec["operations"]["list"]:
        for mode in ("do", "dump"):
            for part, message in op.get(mode, {}).items():
                yield f"{op['name']} {mode} {part}", message["attributes"]
        if "event" in op:
            yield op["name"], op["event"]["attributes"]


def test_references(spec):
    attrs = {attr["name"] for attr in spec["attribute-sets"][0]["attributes"]
             if attr["type"] not in ("unused", "pad")}
    used = set()
    for name, attributes in messages(spec):
        for unknown in set(attributes) - attrs:
            yield f"{name}: there is no attribute {unknown}"
        if len(set(attributes)) != len(attributes):
            yield f"{name}: an attribute is listed twice"
        used.update(attributes)
    for attr in attrs - used:
        yield f"{attr} is in no message"

    enums = {item["name"] for item in spec["definitions"]}
    for attr in spec["attribute-sets"][0]["attributes"]:
        if attr.get("enum", "action") not in enums:
            yield f"{attr['name']}: there is no enum {attr['enum']}"
    groups = {group["name"] for group in spec["mcast-groups"]["list"]}
    told = {op["mcgrp"] for op in spec["operations"]["list"] if "mcgrp" in op}
    for group in groups ^ told:
        yield f"group {group} is not both defined and used"


def test_tree(spec):
    """The requests and replies that the header draws in its head comment."""
    comment = re.search(r"/\*\n \* xarch:.*?\*/", HEADER.read_text(), flags=re.S)[0]
    prefix = spec["attribute-sets"][0]["name-prefix"]
    drawn, block = {}, None
    for line in comment.splitlines():
        command = re.match(r" \* (XARCH_CMD_\w+) \((do|dump)\)", line)
        group = re.match(r" \* Group", line)
        if command:
            block = drawn.setdefault((command[1], command[2]), {"request": set(), "reply": set()})
        elif group:
            block = None
        arrow = re.match(r" \*   ([<>]) (.*?)(?:  |$)", line)
        if block is not None and arrow:
            block["request" if arrow[1] == ">" else "reply"] |= \
                set(re.findall(r"XARCH_A_\w+", arrow[2]))
            # "the attributes of XARCH_CMD_RULE_GET's answer ..."
            answer = re.search(r"(XARCH_CMD_\w+)'s answer", line)
            if answer:
                block["reply"] |= drawn[answer[1], "dump"]["reply"]
    seen = set()
    for op in spec["operations"]["list"]:
        for mode in {"do", "dump"} & op.keys():
            key = c_name(spec["operations"]["name-prefix"], op["name"]), mode
            seen.add(key)
            if key not in drawn:
                yield f"{key} is not drawn in the header"
                continue
            for part in ("request", "reply"):
                listed = {c_name(prefix, attr)
                          for attr in op[mode].get(part, {}).get("attributes", [])}
                for attr in listed ^ drawn[key][part]:
                    yield f"{key[0]} {mode} {part}: {attr} on one side alone"
    for key in drawn.keys() - seen:
        yield f"{key} is not in the spec"


def test_generator(_spec):
    """The header that the kernel's generator makes of the spec has the same names and values."""
    with tempfile.TemporaryDirectory() as work:
        # It takes the schema from above the spec, and looks for the kernel's
        # root (which has this file) upwards from itself or from the output.
        top = Path(work)
        (top / "specs").mkdir()
        (top / "MAINTAINERS").touch()
        (top / "specs/xarch.yaml").write_text(SPEC.read_text())
        for schema in (KSELFTEST / "Documentation/netlink").glob("*.yaml"):
            (top / schema.name).write_text(schema.read_text())
        made = top / "xarch.h"
        try:
            made.write_text(run(sys.executable, GENERATOR, "--mode", "uapi", "--header",
                                "--spec", top / "specs/xarch.yaml", cwd=top,
                                stderr=subprocess.STDOUT))
        except subprocess.SubprocessError as error:
            yield f"{error}: {error.stdout}"
            return
        enums, macros = header_values(HEADER)
        made_enums, made_macros = header_values(made)
    for alias in ("XARCH_CMD_RULE_SET_NTF", "XARCH_CMD_RULE_DEL_NTF"):
        made_enums["xarch_cmd"].pop(alias)
    yield from differences(macros, made_macros)
    for name in enums.keys() | made_enums.keys():
        yield from differences(enums.get(name, {}), made_enums.get(name, {}))


def test_library(spec):
    """The kernel's netlink library writes and reads messages in the header's numbers."""
    sys.path.insert(0, str(first_of(YNL / "lib/ynl.py", YNL / "pyynl/lib/ynl.py").parents[1]))
    ynl = importlib.import_module("lib.ynl")
    # As if the module were there, to say which number its family got. The
    # name is the module's in 6.12 and the class's later.
    ynl.genl_family_name_to_id = ynl.GenlProtocol.genl_family_name_to_id = \
        {"xarch": {"id": 99, "mcast": {"config": 7, "exec": 8, "native": 9}}}
    schema = KSELFTEST / f"Documentation/netlink/{spec['protocol']}.yaml"
    family = ynl.YnlFamily(str(SPEC), str(schema))
    enums, _ = header_values(HEADER)
    number = {name: value for entries in enums.values() for name, value in entries.items()}

    def attr(name, payload):
        return struct.pack("HH", 4 + len(payload), number[name]) + payload + \
            bytes(-len(payload) % 4)

    def u32(name, value):
        return attr(name, struct.pack("I", value))

    rule = {"arch": "aarch64_be", "action": "emulate", "scope": "mount", "ns-fd": 5,
            "flags": ["lazy", "locked"], "emulator": "/e", "arg": ["-one", "-2"]}
    want = (u32("XARCH_A_ARCH", number["XARCH_ARCH_AARCH64_BE"]) +
            u32("XARCH_A_ACTION", number["XARCH_ACTION_EMULATE"]) +
            u32("XARCH_A_SCOPE", number["XARCH_SCOPE_MOUNT"]) +
            u32("XARCH_A_NS_FD", 5) +
            u32("XARCH_A_FLAGS", number["XARCH_F_LAZY"] | number["XARCH_F_LOCKED"]) +
            attr("XARCH_A_EMULATOR", b"/e\0") +
            attr("XARCH_A_ARG", b"-one\0") + attr("XARCH_A_ARG", b"-2\0"))
    message = family._encode_message(family.ops["rule-set"], dict(rule), [], 1)
    if message[4:6] != struct.pack("H", 99) or message[16] != number["XARCH_CMD_RULE_SET"]:
        yield f"wrong header {message[:20]}"
    if message[20:] != want:
        yield f"wrong attributes {message[20:]}, not {want}"

    # And back, as a message of the group "config".
    payload = struct.pack("BBH", number["XARCH_CMD_RULE_SET"], 1, 0) + want + \
        attr("XARCH_A_AGE_MS", struct.pack("Q", 1 << 40))
    raw = struct.pack("IHHII", 16 + len(payload), 99, 0, 0, 0) + payload
    decoded = family.nlproto.decode(family, ynl.NlMsg(raw, 0), None)
    family.handle_ntf(decoded)
    told = family.async_msg_queue
    told = told.get() if hasattr(told, "get") else told[0]
    told["msg"]["flags"] = sorted(told["msg"]["flags"])
    if told["name"] != "rule-set-ntf" or told["msg"] != {**rule, "age-ms": 1 << 40}:
        yield f"notification read as {told}"
    events = {family.msgs[name].rsp_value for name in family.ntfs}
    want_events = {number[f"XARCH_CMD_{name}"] for name in 
                   ("RULE_SET", "RULE_DEL", "EXEC_NTF", "NATIVE_NTF")}
    if events != want_events:
        yield f"notifications have numbers {events}, not {want_events}"


def main():
    # No bytecode beside what was fetched.
    sys.dont_write_bytecode = True
    sys.path.insert(0, str(KSELFTEST / "kselftest"))
    try:
        ksft = importlib.import_module("ksft")
    except ModuleNotFoundError:
        sys.exit(f"Bail out! {KSELFTEST} is not there: run tests/kselftest-fetch")

    spec = yaml.safe_load(SPEC.read_text())
    names = sorted(header_names(HEADER)[0].keys() | spec_values(spec)[0].keys())
    tests = [("the kernel's schema accepts the spec", test_schema),
             ("attribute sets are nested in the first", test_sets),
             ("names, versions, groups and limits are the header's", test_macros)]
    tests += [(f"enum {name} is the header's", test_enum(name)) for name in names]
    tests += [("attributes have the types that the header documents", test_types),
              ("archs have the names of the arch table", test_archs),
              ("all that is referred to is there, and used", test_references),
              ("messages are those that the header draws", test_tree),
              ("the kernel's generator makes the same header", test_generator),
              ("the kernel's library speaks the header's numbers", test_library)]

    ksft.print_header()
    ksft.set_plan(len(tests))
    for name, test in tests:
        try:
            wrong = sorted(test(spec))
        # Any failure is a result, and the other tests still have to run.
        except Exception as error:
            wrong = [f"{type(error).__name__}: {error}"]
        for line in wrong:
            ksft.print_msg(line)
        ksft.test_result(not wrong, name)
    ksft.finished()


if __name__ == "__main__":
    main()
