//! Which Rust file names what is defined in which other.
//!
//! An edge goes from a file to the file in which the item that it names is defined: `use` and written-out paths are
//! followed through every re-export. A facade (`mod x;`, `pub use x::Y;`) depends on nothing by that alone. Code behind
//! `#[cfg(test)]` is left out. What is reached without a path, a method on a value, is not seen.

use std::collections::BTreeMap;

use super::rust_reader::{Module, ModulePath, read_file};
use crate::sources::Sources;

/// From file, to file -> a name that makes the edge.
pub type Edges = BTreeMap<(String, String), String>;

/// The edges of the crate whose root is `root` ("src/lib.rs").
pub fn edges(sources: &Sources, root: &str) -> Edges {
    let mut modules = BTreeMap::new();
    let folder = root.rsplit_once('/').map_or("", |(folder, _)| folder);
    read_file(sources, root, folder, Vec::new(), &mut modules);
    let tree = Tree { modules };
    let mut edges = Edges::new();
    for (path, module) in &tree.modules {
        let mut link = |target: Option<String>, name: &[String]| {
            if let Some(target) = target.filter(|target| *target != module.file) {
                edges
                    .entry((module.file.clone(), target))
                    .or_insert_with(|| name.join("::"));
            }
        };
        for one in &module.uses {
            if one.public && !module.words.contains(&one.name) {
                continue;
            }
            link(tree.file_of(path, &one.path), &one.path);
        }
        for one in &module.paths {
            link(tree.file_of(path, one), one);
        }
    }
    edges
}

struct Tree {
    modules: BTreeMap<ModulePath, Module>,
}

/// Where a path leads: to a module, or to the file that defines the item.
enum Target {
    Module(ModulePath),
    Item(String),
}

impl Tree {
    fn file_of(&self, from: &[String], path: &[String]) -> Option<String> {
        match self.resolve(from, path, 0)? {
            Target::Module(at) => self.modules.get(&at).map(|module| module.file.clone()),
            Target::Item(file) => Some(file),
        }
    }

    fn resolve(&self, from: &[String], path: &[String], depth: usize) -> Option<Target> {
        let (first, mut rest) = path.split_first()?;
        let mut at = from.to_vec();
        match first.as_str() {
            "crate" => at.clear(),
            "self" => {}
            "super" => {
                at.pop()?;
                while let Some(("super", after)) = rest.split_first().map(|(word, after)| (word.as_str(), after)) {
                    at.pop()?;
                    rest = after;
                }
            }
            _ => {
                let module = self.modules.get(from)?;
                if !module.children.contains(first) && !module.uses.iter().any(|one| one.name == *first) {
                    return None;
                }
                rest = path;
            }
        }
        self.walk(at, rest, depth)
    }

    fn walk(&self, mut at: ModulePath, path: &[String], depth: usize) -> Option<Target> {
        if depth > 12 {
            return None;
        }
        for (index, name) in path.iter().enumerate() {
            let module = self.modules.get(&at)?;
            if module.children.contains(name) {
                at.push(name.clone());
                continue;
            }
            let rest = &path[index + 1..];
            if let Some(one) = module.uses.iter().find(|one| one.name == *name) {
                // A name of another crate ends here: it is defined in none of ours.
                let whole: Vec<String> = one.path.iter().chain(rest).cloned().collect();
                return self.resolve(&at, &whole, depth + 1);
            }
            if !module.items.contains(name) {
                for glob in module.uses.iter().filter(|one| one.name == "*") {
                    let Some(Target::Module(behind)) = self.resolve(&at, &glob.path, depth + 1) else {
                        continue;
                    };
                    if behind != at && self.knows(&behind, name) {
                        return self.walk(behind, &path[index..], depth + 1);
                    }
                }
            }
            return Some(Target::Item(module.file.clone()));
        }
        Some(Target::Module(at))
    }

    fn knows(&self, at: &[String], name: &str) -> bool {
        self.modules.get(at).is_some_and(|module| {
            module.items.contains(name)
                || module.children.contains(name)
                || module.uses.iter().any(|one| one.public && one.name == name)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(files: &[(&str, &str)]) -> Vec<String> {
        let edges = edges(&Sources::of(files), "src/lib.rs");
        edges
            .into_iter()
            .map(|((from, to), name)| format!("{from} -> {to} by {name}"))
            .collect()
    }

    #[test]
    fn an_edge_goes_to_the_file_that_defines_the_item() {
        let found = pairs(&[
            ("src/lib.rs", "pub mod a; pub mod b;"),
            ("src/a/mod.rs", "mod one; mod two; pub use one::One;"),
            ("src/a/one.rs", "pub struct One;"),
            ("src/a/two.rs", "use super::One; fn f(_: One) { crate::b::g() }"),
            ("src/b.rs", "pub fn g() {}"),
        ]);
        assert_eq!(
            found,
            [
                "src/a/two.rs -> src/a/one.rs by super::One",
                "src/a/two.rs -> src/b.rs by crate::b::g"
            ]
        );
    }

    #[test]
    fn facades_tests_and_comments_make_no_edge() {
        let found = pairs(&[
            ("src/lib.rs", "pub mod a; pub mod b;"),
            (
                "src/a.rs",
                "pub use crate::b::B; // crate::b::C\n#[cfg(test)]\nmod tests { use crate::b::B; }",
            ),
            (
                "src/b.rs",
                "pub struct B; const TEXT: &str = \"crate::a::A\"; #[cfg(test)] #[path = \"t.rs\"] mod t;",
            ),
            ("src/t.rs", "use crate::a::A;"),
        ]);
        assert!(found.is_empty(), "{found:?}");
    }

    #[test]
    fn aliases_groups_globs_and_inner_modules_are_followed() {
        let found = pairs(&[
            ("src/lib.rs", "mod a; mod b; mod c;"),
            (
                "src/a.rs",
                "use crate::{b::{self as beside, B}, c::*}; mod inner { fn f() { super::super::c::g() } } fn f() { beside::h() }",
            ),
            ("src/b.rs", "pub struct B; pub fn h() {}"),
            ("src/c.rs", "pub fn g() {} pub use crate::b::B;"),
        ]);
        assert_eq!(
            found,
            ["src/a.rs -> src/b.rs by crate::b", "src/a.rs -> src/c.rs by crate::c"]
        );
    }
}
