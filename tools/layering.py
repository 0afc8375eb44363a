#!/usr/bin/env python3
"""Checks every #include of include/, src/, python/ and tests/ against the layers.

    layering.py [ROOT]

A layer is the folders src/<layer>/ and include/mtaio/<layer>/; src/<layer>/CMakeLists.txt says which lower layers it
uses, and which of the headers in include/mtaio/ and include/mtaio/lowlevel/ are its own:

    mtaio_layer(sync USES base coro HEADERS latch.hpp lowlevel/wait_list.hpp)

The rules:
 1. A file includes only files of its own layer and of the layers that its layer USES. USES is not transitive: a layer
    names each layer that its files include, and no other. A layer of the library `mtaio` uses no layer of another
    library, such as the checker of interleavings.
 2. Every public header belongs to exactly one layer.
 3. The umbrella header includes every header directly in include/mtaio/, and belongs to no layer. No file includes it.
 4. A public header includes no private header.
 5. A header of the layer `lockfree` includes only <atomic>, <cstddef>, <cstdint> and its own layer, so that a model
    checker can use it unchanged.
 6. No file includes itself, directly or not.
 7. No folder has a name that says nothing about its contents, such as detail, utils, common or impl.
 8. python/LAYERS and tests/LAYERS list the folders of these trees from low to high, each with the folders that it uses.
    A name that ends with /* means every folder inside. A file includes only files of its own folder and of the folders
    that it uses, and a folder uses no folder without including a file of it.

Prints a line for each breach, and exits with 1 if there are any.
"""

import pathlib
import re
import sys

HEADERS_FOR_LOCKFREE = {"atomic", "cstddef", "cstdint"}
FOLDERS_THAT_SAY_NOTHING = {"detail", "details", "util", "utils", "common", "impl", "internal", "misc"}
FOLDERS_NOT_OURS = {"build", "__pycache__"}


class Layer:
    def __init__(self, name, library, uses, headers):
        self.name = name
        self.library = library
        self.uses = uses
        self.headers = headers  # as written: relative to include/mtaio/


class Include:
    def __init__(self, file, line, text, target):
        self.file = file
        self.line = line
        self.text = text  # with its quotes or brackets
        self.target = target  # the included file of this project, or None

    def breach(self, why):
        return f"{self.file}:{self.line}: {self.text}: {why}"


def include_lines(path):
    """(number, the name with its quotes or brackets, the name, whether in quotes) of each #include in a file."""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        match = re.match(r'\s*#\s*include\s*(<([^>]+)>|"([^"]+)")', line)
        if match:
            yield number, match[1], match[2] or match[3], match[3] is not None


class Tree:
    """The folders of python/ or tests/ that its file LAYERS lists, and the include lines of their files."""

    def __init__(self, root, name):
        self.name = name
        self.root = root / name
        self.uses = {}
        self.problems = []
        for number, line in enumerate((self.root / "LAYERS").read_text(encoding="utf-8").splitlines(), start=1):
            line = line.partition("#")[0].strip()
            if not line:
                continue
            folder, _, uses = line.partition(":")
            for used in uses.split():
                if used not in self.uses:
                    self.problems.append(f"{name}/LAYERS:{number}: {folder}: uses {used}, which is not named above.")
            self.uses[folder] = uses.split()
        self.files = sorted(path.relative_to(self.root).as_posix() for path in self.root.glob("**/*")
                            if path.suffix in (".hpp", ".cpp"))
        self.includes = {file: list(self._read_includes(file)) for file in self.files}

    def _read_includes(self, file):
        for number, text, name, _ in include_lines(self.root / file):
            beside = (pathlib.PurePosixPath(file).parent / name).as_posix()
            for target in (name, beside, f"include/{name}"):
                if target in self.files:
                    yield Include(f"{self.name}/{file}", number, text, target)
                    break

    def folder_of(self, file):
        """The entry of LAYERS that the file belongs to, and the folder itself; None, None if there is none."""
        folder = pathlib.PurePosixPath(file).parent
        while folder.name:
            if folder.as_posix() in self.uses:
                return folder.as_posix(), folder.as_posix()
            if f"{folder.parent.as_posix()}/*" in self.uses:
                return f"{folder.parent.as_posix()}/*", folder.as_posix()
            folder = folder.parent
        return ("." if "." in self.uses else None), "."


class Project:
    """The layers and the include lines of the tree below `root`. All paths are relative to `root`, with slashes."""

    def __init__(self, root):
        self.root = root
        self.layers = {}
        self.umbrella = None
        for cmake_file in sorted(root.glob("src/**/CMakeLists.txt")):
            self._read_layers(cmake_file.read_text(encoding="utf-8"))
        self.files = sorted(
            path.relative_to(root).as_posix()
            for top in ("include", "src")
            for path in root.glob(f"{top}/**/*")
            if path.suffix in (".hpp", ".cpp"))
        self.public_headers = [file for file in self.files if file.startswith("include/")]
        self.owners = {file: self._find_owners(file) for file in self.files}
        self.includes = {file: list(self._read_includes(file)) for file in self.files}
        self.trees = [Tree(root, name) for name in ("python", "tests") if (root / name / "LAYERS").exists()]

    def _read_layers(self, text):
        text = re.sub(r"#.*", "", text)
        for name, arguments in re.findall(r"\bmtaio_layer\(\s*(\w+)([^)]*)\)", text):
            lists = {"LIBRARY": [], "USES": [], "HEADERS": []}
            current = []
            for word in arguments.split():
                if word in lists:
                    current = lists[word]
                else:
                    current.append(word)
            self.layers[name] = Layer(name, (lists["LIBRARY"] or ["mtaio"])[0], lists["USES"], lists["HEADERS"])
        for header in re.findall(r"\bmtaio_umbrella\(\s*([^\s)]+)\s*\)", text):
            self.umbrella = f"include/mtaio/{header}"

    def _find_owners(self, file):
        """The names of the layers that `file` belongs to."""
        if file.startswith("src/"):
            return [file.split("/")[1]]
        header = file.removeprefix("include/mtaio/")
        folder = header.split("/")[0]
        if folder in self.layers:
            return [folder]
        return [layer.name for layer in self.layers.values() for listed in layer.headers if listed == header]

    def _read_includes(self, file):
        for number, text, name, quoted in include_lines(self.root / file):
            yield Include(file, number, text, self._resolve(file, name, quoted))

    def _resolve(self, file, name, quoted):
        if name.startswith("mtaio/"):
            return f"include/{name}"
        if not quoted:
            return None
        beside = (pathlib.PurePosixPath(file).parent / name).as_posix()
        return beside if beside in self.files else f"src/{name}"

    def layer_of(self, file):
        """The name of the layer of `file`; None for the umbrella, and if the file breaks rule 2."""
        owners = self.owners.get(file, [])
        return owners[0] if len(owners) == 1 and file != self.umbrella else None

    def all_includes(self):
        for includes in self.includes.values():
            yield from includes


def check_declarations(project):
    """Rule 2, and that the files and layers that a layer declares exist."""
    for layer in project.layers.values():
        where = f"src/{layer.name}/CMakeLists.txt"
        for used in layer.uses:
            if used not in project.layers:
                yield f"{where}: USES {used}: there is no such layer."
        for header in layer.headers:
            if f"include/mtaio/{header}" not in project.files:
                yield f"{where}: HEADERS {header}: there is no such file in include/mtaio/."
    for file in project.public_headers:
        owners = project.owners[file]
        if file == project.umbrella:
            if owners:
                yield f"{file}: is the umbrella header, but layer {owners[0]} names it in its HEADERS."
        elif not owners:
            yield f"{file}: belongs to no layer. Name it in the HEADERS of one, in src/<layer>/CMakeLists.txt."
        elif len(owners) > 1:
            yield f"{file}: belongs to more than one layer ({', '.join(owners)}). Leave it in the HEADERS of one."
    for file in project.files:
        if file.startswith("src/") and project.owners[file][0] not in project.layers:
            yield f"{file}: lies in no layer. src/{project.owners[file][0]}/CMakeLists.txt must declare one."


def check_targets(project):
    """That every included file of this project exists."""
    for include in project.all_includes():
        if include.target is not None and include.target not in project.files:
            yield include.breach("there is no such file.")


def check_layers(project):
    """Rule 1."""
    used = {layer: set() for layer in project.layers}
    for include in project.all_includes():
        source, target = project.layer_of(include.file), project.layer_of(include.target)
        if source not in project.layers or target not in project.layers:
            continue
        used[source].add(target)
        if target != source and target not in project.layers[source].uses:
            yield include.breach(
                f"layer {source} does not use layer {target}. Its USES are: "
                f"{' '.join(project.layers[source].uses) or 'none'} (src/{source}/CMakeLists.txt).")
    for layer in project.layers.values():
        for name in layer.uses:
            if name in project.layers and layer.library == "mtaio" != project.layers[name].library:
                yield f"src/{layer.name}/CMakeLists.txt: USES {name}: that layer is not part of the library `mtaio`."
            elif name in project.layers and name not in used[layer.name]:
                yield (f"src/{layer.name}/CMakeLists.txt: USES {name}: no file of layer {layer.name} includes one of "
                       f"layer {name}. Take it out.")


def check_umbrella(project):
    """Rule 3, except the part that check_declarations checks."""
    for include in project.all_includes():
        if include.target is not None and include.target == project.umbrella:
            yield include.breach("is for users of the library; include the headers that are needed.")
    if project.umbrella not in project.files:
        yield "src/CMakeLists.txt: mtaio_umbrella(): names no header in include/mtaio/."
        return
    included = {include.target for include in project.includes[project.umbrella]}
    for file in project.public_headers:
        if re.fullmatch(r"include/mtaio/[^/]+", file) and file != project.umbrella and file not in included:
            yield f"{project.umbrella}: does not include <{file.removeprefix('include/')}>."


def check_public_headers(project):
    """Rule 4."""
    for file in project.public_headers:
        for include in project.includes[file]:
            if include.target is not None and not include.target.startswith("include/"):
                yield include.breach("a public header includes only what is installed.")


def check_lockfree(project):
    """Rule 5."""
    for file in project.files:
        if not file.endswith(".hpp") or project.layer_of(file) != "lockfree":
            continue
        for include in project.includes[file]:
            standard = include.target is None and include.text.strip('<>"') in HEADERS_FOR_LOCKFREE
            if not standard and project.layer_of(include.target) != "lockfree":
                yield include.breach(
                    "a lock-free header includes only <atomic>, <cstddef>, <cstdint> and other lock-free headers.")


def check_cycles(project):
    """Rule 6."""
    def visit(file, includes, path, finished):
        if file in path:
            yield f"{file}: includes itself: {' -> '.join(path[path.index(file):] + [file])}."
            return
        if file in finished:
            return
        for include in includes.get(file, []):
            if include.target is not None:
                yield from visit(include.target, includes, path + [file], finished)
        finished.add(file)

    for includes in [project.includes] + [tree.includes for tree in project.trees]:
        finished = set()
        for file in includes:
            yield from visit(file, includes, [], finished)


def check_folders(project):
    """Rule 7."""
    def visit(folder):
        for path in sorted(folder.iterdir()):
            if path.is_dir() and not path.name.startswith(".") and path.name not in FOLDERS_NOT_OURS:
                if path.name in FOLDERS_THAT_SAY_NOTHING:
                    yield f"{path.relative_to(project.root).as_posix()}/: this name says nothing about what is inside."
                yield from visit(path)

    yield from visit(project.root)


def check_trees(project):
    """Rule 8."""
    for tree in project.trees:
        yield from tree.problems
        used = {entry: set() for entry in tree.uses}
        for file in tree.files:
            entry, folder = tree.folder_of(file)
            if entry is None:
                yield f"{tree.name}/{file}: lies in no folder that {tree.name}/LAYERS names."
                continue
            for include in tree.includes[file]:
                target_entry, target_folder = tree.folder_of(include.target)
                if target_folder == folder:
                    continue
                used[entry].add(target_entry)
                if target_entry not in tree.uses[entry]:
                    yield include.breach(f"{folder} does not use {target_folder}. It uses: "
                                         f"{' '.join(tree.uses[entry]) or 'none'} ({tree.name}/LAYERS).")
        for entry, names in tree.uses.items():
            for name in names:
                if name not in used[entry]:
                    yield f"{tree.name}/LAYERS: {entry} uses {name}: no file of it includes one of {name}. Take it out."


RULES = [
    check_declarations,
    check_targets,
    check_layers,
    check_umbrella,
    check_public_headers,
    check_lockfree,
    check_cycles,
    check_folders,
    check_trees,
]


def find_breaches(root):
    project = Project(root)
    return [breach for rule in RULES for breach in rule(project)]


def main():
    root = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else pathlib.Path(__file__).resolve().parent.parent
    breaches = find_breaches(root)
    for breach in breaches:
        print(breach)
    return 1 if breaches else 0


if __name__ == "__main__":
    sys.exit(main())
