//! Tables of an SQLite 3 database, read and bounded: nothing is followed twice, and no more bytes are taken than the file
//! has. Source: SQLite's "Database File Format" (sqlite.org/fileformat2.html), of which this is what tables with rowids
//! need.

use std::borrow::Cow;

/// Deepest tree that is followed; SQLite's own is 20.
const MAX_DEPTH: usize = 24;
/// Columns at most, as SQLite has it.
const MAX_COLUMNS: usize = 32_767;
const MAGIC: &[u8] = b"SQLite format 3\0";

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SqliteError {
    #[error("no database begins in it")]
    NoDatabase,
    #[error("its texts are in UTF-16")]
    Utf16,
    #[error("it is damaged: {0}")]
    Damaged(&'static str),
}

use SqliteError::Damaged;

/// An opened file.
pub struct Database<'a> {
    bytes: &'a [u8],
    page_bytes: usize,
    /// Of a page without what is reserved at its end.
    usable: usize,
}

/// A value of a row.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Value<'a> {
    Null,
    Integer(i64),
    Real(f64),
    Text(&'a [u8]),
    Blob(&'a [u8]),
}

impl Value<'_> {
    pub fn text(self) -> Option<String> {
        match self {
            Value::Text(text) => Some(String::from_utf8_lossy(text).into_owned()),
            _ => None,
        }
    }

    pub fn integer(self) -> Option<i64> {
        match self {
            Value::Integer(number) => Some(number),
            _ => None,
        }
    }
}

/// A table: where its tree begins, and what its columns are called, in their order.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    pub name: String,
    root: u32,
    columns: Vec<String>,
}

impl Table {
    /// The place of a column, whatever case it is written in; just so comes first.
    pub fn column(&self, name: &str) -> Option<usize> {
        let exact = self.columns.iter().position(|column| column == name);
        exact.or_else(|| self.columns.iter().position(|column| column.eq_ignore_ascii_case(name)))
    }
}

pub fn is_sqlite(bytes: &[u8]) -> bool {
    bytes.starts_with(MAGIC)
}

impl<'a> Database<'a> {
    /// # Errors
    /// If the file is no database, or its header makes no sense.
    pub fn open(bytes: &'a [u8]) -> Result<Self, SqliteError> {
        if !is_sqlite(bytes) {
            return Err(SqliteError::NoDatabase);
        }
        let header = bytes.get(..100).ok_or(Damaged("its header is not whole"))?;
        let page_bytes = match u16::from_be_bytes([header[16], header[17]]) {
            1 => 65536,
            n => usize::from(n),
        };
        let usable = page_bytes.saturating_sub(usize::from(header[20]));
        if !page_bytes.is_power_of_two() || page_bytes < 512 || usable < 480 {
            return Err(Damaged("its pages have no size that can be"));
        }
        if matches!(header[59], 2 | 3) {
            return Err(SqliteError::Utf16);
        }
        Ok(Self {
            bytes,
            page_bytes,
            usable,
        })
    }

    /// All tables.
    ///
    /// # Errors
    /// If the list of them is damaged.
    pub fn tables(&self) -> Result<Vec<Table>, SqliteError> {
        let mut tables = Vec::new();
        self.rows_from(1, &mut |row| {
            if let [
                Value::Text(b"table"),
                Value::Text(name),
                _,
                Value::Integer(root),
                Value::Text(sql),
                ..,
            ] = row[..]
                && let Ok(root) = u32::try_from(root)
            {
                tables.push(Table {
                    name: String::from_utf8_lossy(name).into_owned(),
                    root,
                    columns: columns(&String::from_utf8_lossy(sql)),
                });
            }
        })?;
        Ok(tables)
    }

    /// Calls `see` with the values of each row, in the order of the columns; those that were added to the table later may
    /// be missing at the end.
    ///
    /// # Errors
    /// If the tree is damaged or leads in circles.
    pub fn rows(&self, table: &Table, see: &mut impl FnMut(&[Value])) -> Result<(), SqliteError> {
        self.rows_from(table.root, see)
    }

    fn rows_from(&self, root: u32, see: &mut impl FnMut(&[Value])) -> Result<(), SqliteError> {
        let mut walk = Walk {
            pages_left: self.bytes.len() / self.page_bytes + 1,
            bytes_left: self.bytes.len().saturating_mul(2),
        };
        self.walk(root, 0, &mut walk, see)
    }

    fn page(&self, number: u32) -> Result<&'a [u8], SqliteError> {
        let from = (number as usize)
            .checked_sub(1)
            .and_then(|at| at.checked_mul(self.page_bytes));
        let page = from.and_then(|from| self.bytes.get(from..from.checked_add(self.usable)?));
        page.ok_or(Damaged("a page lies beyond its end"))
    }

    fn walk(
        &self,
        number: u32,
        depth: usize,
        walk: &mut Walk,
        see: &mut impl FnMut(&[Value]),
    ) -> Result<(), SqliteError> {
        walk.pages_left = walk
            .pages_left
            .checked_sub(1)
            .ok_or(Damaged("its pages lead in circles"))?;
        if depth > MAX_DEPTH {
            return Err(Damaged("its tree is too deep"));
        }
        let page = self.page(number)?;
        let start = if number == 1 { 100 } else { 0 };
        let short = Damaged("a page contradicts itself");
        let head = page.get(start..start + 12).ok_or(short)?;
        let cells = usize::from(u16::from_be_bytes([head[3], head[4]]));
        let is_leaf = match head[0] {
            0x0d => true,
            0x05 => false,
            _ => return Err(Damaged("a page is of no table")),
        };
        let list = start + if is_leaf { 8 } else { 12 };
        for cell in 0..cells {
            let at = page.get(list + 2 * cell..list + 2 * cell + 2).ok_or(short)?;
            let cell = page
                .get(usize::from(u16::from_be_bytes([at[0], at[1]]))..)
                .ok_or(short)?;
            if !is_leaf {
                let child = cell.first_chunk().ok_or(short)?;
                self.walk(u32::from_be_bytes(*child), depth + 1, walk, see)?;
                continue;
            }
            let payload = self.payload(cell, walk)?;
            see(&record(&payload).ok_or(Damaged("a row contradicts itself"))?);
        }
        match is_leaf {
            true => Ok(()),
            false => self.walk(
                u32::from_be_bytes([head[8], head[9], head[10], head[11]]),
                depth + 1,
                walk,
                see,
            ),
        }
    }

    /// A row's bytes; what does not fit into its page lies in a chain of others.
    fn payload(&self, cell: &'a [u8], walk: &mut Walk) -> Result<Cow<'a, [u8]>, SqliteError> {
        let short = Damaged("a row is not whole");
        let (length, rest) = varint(cell).ok_or(short)?;
        let (_, rest) = varint(rest).ok_or(short)?;
        let length = usize::try_from(length).map_err(|_| short)?;
        walk.bytes_left = walk
            .bytes_left
            .checked_sub(length)
            .ok_or(Damaged("its rows are longer than the file"))?;
        if length <= self.usable - 35 {
            return rest.get(..length).map(Cow::Borrowed).ok_or(short);
        }
        let least = (self.usable - 12) * 32 / 255 - 23;
        let most = least + (length - least) % (self.usable - 4);
        let local = if most <= self.usable - 35 { most } else { least };
        let mut all = Vec::with_capacity(length);
        all.extend_from_slice(rest.get(..local).ok_or(short)?);
        let next = rest.get(local..).and_then(<[u8]>::first_chunk).ok_or(short)?;
        let mut next = u32::from_be_bytes(*next);
        while all.len() < length {
            let page = self.page(next)?;
            let (after, data) = page.split_first_chunk().ok_or(short)?;
            all.extend_from_slice(&data[..data.len().min(length - all.len())]);
            next = u32::from_be_bytes(*after);
        }
        Ok(Cow::Owned(all))
    }
}

/// What may still be read.
struct Walk {
    pages_left: usize,
    bytes_left: usize,
}

/// Seven bits a byte, the most significant first; of the ninth all eight.
fn varint(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let mut value = 0u64;
    for (at, byte) in bytes.iter().enumerate().take(9) {
        if at == 8 {
            return Some((value << 8 | u64::from(*byte), &bytes[9..]));
        }
        value = value << 7 | u64::from(byte & 127);
        if byte & 128 == 0 {
            return Some((value, &bytes[at + 1..]));
        }
    }
    None
}

/// The values of a record.
fn record(payload: &[u8]) -> Option<Vec<Value<'_>>> {
    let (header_bytes, rest) = varint(payload)?;
    let header_bytes = usize::try_from(header_bytes).ok()?;
    let mut kinds = payload.get(payload.len() - rest.len()..header_bytes)?;
    let mut body = payload.get(header_bytes..)?;
    let mut values = Vec::new();
    while !kinds.is_empty() {
        let (kind, after) = varint(kinds)?;
        kinds = after;
        if values.len() >= MAX_COLUMNS {
            return None;
        }
        let length = match kind {
            0 | 8 | 9 => 0,
            1..=4 => kind as usize,
            5 => 6,
            6 | 7 => 8,
            10 | 11 => return None,
            _ => usize::try_from((kind - 12) / 2).ok()?,
        };
        let raw = body.get(..length)?;
        body = &body[length..];
        values.push(match kind {
            0 => Value::Null,
            1..=6 => {
                let sign = if raw.first()? & 128 != 0 { -1 } else { 0 };
                Value::Integer(raw.iter().fold(sign, |n, byte| n << 8 | i64::from(*byte)))
            }
            7 => Value::Real(f64::from_be_bytes(raw.try_into().ok()?)),
            8 | 9 => Value::Integer(kind as i64 - 8),
            _ if kind % 2 == 0 => Value::Blob(raw),
            _ => Value::Text(raw),
        });
    }
    Some(values)
}

/// The names of the columns, by the statement that made the table.
fn columns(sql: &str) -> Vec<String> {
    let Some(open) = sql.find('(') else {
        return Vec::new();
    };
    let (mut depth, mut quote) = (0usize, None);
    let mut parts = vec![String::new()];
    for c in sql[open + 1..].chars() {
        match (quote, c) {
            (Some(end), _) if c == end => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'' | '`') => quote = Some(c),
            (None, '[') => quote = Some(']'),
            (None, '(') => depth += 1,
            (None, ')') if depth == 0 => break,
            (None, ')') => depth -= 1,
            (None, ',') if depth == 0 => {
                parts.push(String::new());
                continue;
            }
            _ => {}
        }
        if let Some(part) = parts.last_mut() {
            part.push(c);
        }
    }
    let name = |part: &String| {
        let part = part.trim();
        let end = match part.chars().next()? {
            c @ ('"' | '\'' | '`') => return part[1..].split(c).next().map(str::to_owned),
            '[' => return part[1..].split(']').next().map(str::to_owned),
            _ => part.find(|c: char| c.is_whitespace() || c == '(').unwrap_or(part.len()),
        };
        let word = &part[..end];
        let constraints = ["CONSTRAINT", "PRIMARY", "UNIQUE", "CHECK", "FOREIGN"];
        let is_column = !constraints
            .iter()
            .any(|constraint| word.eq_ignore_ascii_case(constraint));
        is_column.then(|| word.to_owned())
    };
    parts.iter().filter_map(name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_named_by_their_statement() {
        let sql = r#"CREATE TABLE "a" ( "fid" INTEGER PRIMARY KEY, geom POLYGON, [my class] TEXT(30) DEFAULT 'a,b(',
            `x` DECIMAL(3,2) CHECK (x > 0), CONSTRAINT u UNIQUE (geom, x))"#;
        assert_eq!(columns(sql), ["fid", "geom", "my class", "x"]);
        assert!(columns("CREATE VIRTUAL").is_empty());
        assert_eq!(columns("(a"), ["a"]);
    }

    #[test]
    fn numbers_of_many_lengths() {
        assert_eq!(varint(&[0x7f, 9]), Some((127, &[9][..])));
        assert_eq!(varint(&[0x81, 0]), Some((128, &[][..])));
        assert_eq!(varint(&[255; 9]), Some((u64::MAX, &[][..])));
        assert_eq!(varint(&[0x80]), None);
        // Header of 4 bytes: an integer of one byte, a text of one, the constant 1.
        let row = record(&[4, 1, 15, 9, 0xff, b'a']);
        assert_eq!(
            row,
            Some(vec![Value::Integer(-1), Value::Text(b"a"), Value::Integer(1)])
        );
        assert_eq!(record(&[4, 1, 15, 9, 0xff]), None);
        assert_eq!(record(&[200]), None);
    }

    #[test]
    fn pages_that_lead_in_circles_end() {
        let mut file = vec![0; 1024];
        file[..16].copy_from_slice(MAGIC);
        file[16..18].copy_from_slice(&512u16.to_be_bytes());
        // Page 1 is inner, of no cells, and its last child is itself.
        file[100] = 5;
        file[108..112].copy_from_slice(&1u32.to_be_bytes());
        let database = Database::open(&file).expect("a header");
        assert_eq!(database.tables(), Err(Damaged("its pages lead in circles")));
        file[108..112].copy_from_slice(&9u32.to_be_bytes());
        let database = Database::open(&file).expect("a header");
        assert_eq!(database.tables(), Err(Damaged("a page lies beyond its end")));
        assert!(Database::open(&file[..50]).is_err() && Database::open(b"words").is_err());
    }
}
