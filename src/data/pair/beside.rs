//! Files that lie in other people's folders and archives and are none of a data set's images, masks or outlines.
//!
//! The only list of them: the worker asks it too before it reads a file.

use super::kinds::components;

/// Names, beside those that begin with a dot, that operating systems and archivers leave behind.
const LEFT_BEHIND: [&str; 6] = [
    "__macosx",
    "thumbs.db",
    "ehthumbs.db",
    "desktop.ini",
    "$recycle.bin",
    "system volume information",
];

/// Endings of what describes, sets up or evaluates a data set: text, tables, settings, scripts, projects of GIS programs.
/// Formats of images and of maps are not among them, so that one that cannot be read is named.
const ENDINGS: [&str; 61] = [
    "txt", "md", "rst", "rtf", "log", "pdf", "doc", "docx", "odt", "tex", "bib", "html", "htm", "css", // text
    "csv", "tsv", "xls", "xlsx", "ods", // tables
    "json", "jsonl", "ndjson", "xml", "xsd", "yaml", "yml", "toml", "ini", "cfg", "conf", "names",
    "data", // settings
    "py", "ipynb", "m", "r", "sh", "bat", "js", "lock", // scripts
    "qgs", "qgz", "qgd", "qml", "qlr", "qmd", "sld", "lyr", "lyrx", "mxd", "aprx", "cpg", "lbl", // GIS programs
    "md5", "sha1", "sha256", "sha512", "url", "lnk", "bak", "tmp", // what goes along with downloads
];

/// Files of these names have no ending.
const NAMES: [&str; 13] = [
    "readme",
    "license",
    "licence",
    "copying",
    "copyright",
    "changelog",
    "citation",
    "authors",
    "notice",
    "makefile",
    "dockerfile",
    "version",
    "manifest",
];

/// Is this path something an operating system or archiver left behind (or hidden)?
pub fn is_junk(path: &str) -> bool {
    components(path).any(|part| {
        part.starts_with('.') && part != "." && part != ".." || LEFT_BEHIND.contains(&part.to_lowercase().as_str())
    })
}

/// Whether a file is by its name one that lies beside the data of a data set and needs no word, unless its content says
/// otherwise: a README, a list of classes, a table, a script, a project file.
pub fn is_beside(path: &str) -> bool {
    let name = components(path).last().unwrap_or_default().to_lowercase();
    match name.rsplit_once('.') {
        Some((_, ending)) => ENDINGS.contains(&ending),
        None => name
            .split(|c: char| !c.is_alphanumeric())
            .next()
            .is_some_and(|word| NAMES.contains(&word)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_systems_leave_behind() {
        for path in [
            ".DS_Store",
            "a/.git/objects/12/34",
            "__MACOSX/a/._1.png",
            "a/Thumbs.db",
            "a\\ehthumbs.db",
            "Desktop.ini",
            "$RECYCLE.BIN/x.png",
        ] {
            assert!(is_junk(path), "{path}");
        }
        for path in ["a/1.png", "./a/1.png", "../a/1.png", "thumbs/1.png", "a.b/c.d.png", ""] {
            assert!(!is_junk(path), "{path}");
        }
    }

    #[test]
    fn what_lies_beside_data() {
        for path in [
            "README",
            "set/LICENSE-MIT",
            "set/readme.TXT",
            "classes.csv",
            "a/labels/1.txt",
            "set/project.qgz",
            "settings.yaml",
            "make.py",
            "1.xml",
        ] {
            assert!(is_beside(path), "{path}");
        }
        // What could be meant as image, outlines or model is told apart by what it holds, or named.
        for path in [
            "1.png",
            "a.geojson",
            "a.shp",
            "a.gpkg",
            "a.kml",
            "a.jp2",
            "a.npy",
            "a.onnx",
            "readmes/1",
            "noend",
            "",
        ] {
            assert!(!is_beside(path), "{path}");
        }
    }
}
