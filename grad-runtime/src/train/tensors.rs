//! The safetensors format: a length of 8 bytes, that much JSON with the name, type, shape and place of
//! each tensor, and the tensors, each of one dimension here. <https://github.com/huggingface/safetensors>
//!
//! Written here, and not by the crate of that name, since that brings `serde_json`, and with it an
//! `impl PartialEq<Value> for f64`: in every crate that depends on this one `x == xs.iter().sum()`
//! would need a type.

use alloc::{
    borrow::ToOwned,
    format,
    string::{String, ToString},
    vec::Vec,
};

/// The type of a tensor's entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    F64,
    U64,
    F32,
    U8,
}

impl Kind {
    const ALL: [Self; 4] = [Self::F64, Self::U64, Self::F32, Self::U8];

    fn name(self) -> &'static str {
        match self {
            Self::F64 => "F64",
            Self::U64 => "U64",
            Self::F32 => "F32",
            Self::U8 => "U8",
        }
    }

    fn size(self) -> usize {
        match self {
            Self::F64 | Self::U64 => 8,
            Self::F32 => 4,
            Self::U8 => 1,
        }
    }
}

/// A tensor of one dimension and its bytes, the least significant first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Tensor<B> {
    pub(super) name: String,
    pub(super) kind: Kind,
    pub(super) bytes: B,
}

/// The content of a file. Large entries come first, so that all lie at multiples of their size.
pub(super) fn write(tensors: &[Tensor<Vec<u8>>]) -> Vec<u8> {
    let mut sorted: Vec<&Tensor<Vec<u8>>> = tensors.iter().collect();
    sorted.sort_by_key(|tensor| core::cmp::Reverse(tensor.kind.size()));
    let (mut header, mut start) = ("{".to_owned(), 0);
    for tensor in &sorted {
        let end = start + tensor.bytes.len();
        let comma = if start + header.len() > 1 { "," } else { "" };
        header += &format!(
            "{comma}{}:{{\"dtype\":\"{}\",\"shape\":[{}],\"data_offsets\":[{start},{end}]}}",
            quoted(&tensor.name),
            tensor.kind.name(),
            tensor.bytes.len() / tensor.kind.size(),
        );
        start = end;
    }
    header.push('}');
    let length = header.len().next_multiple_of(8);
    let mut file = Vec::with_capacity(8 + length + start);
    file.extend((length as u64).to_le_bytes());
    file.extend(header.as_bytes());
    file.resize(8 + length, b' ');
    for tensor in sorted {
        file.extend(&tensor.bytes);
    }
    file
}

/// A string of JSON.
fn quoted(text: &str) -> String {
    let mut quoted = "\"".to_owned();
    for letter in text.chars() {
        match letter {
            '"' | '\\' => quoted.extend(['\\', letter]),
            letter if letter < ' ' => quoted += &format!("\\u{:04x}", u32::from(letter)),
            letter => quoted.push(letter),
        }
    }
    quoted + "\""
}

/// The tensors of a file, in order. Nothing is allocated by what a header says but what its own text
/// holds.
pub(super) fn read(file: &[u8]) -> Result<Vec<Tensor<&[u8]>>, String> {
    let (length, rest) = file
        .split_first_chunk()
        .ok_or("it ends within the length of its header")?;
    let length = u64::from_le_bytes(*length);
    let (header, data) = usize::try_from(length)
        .ok()
        .and_then(|length| rest.split_at_checked(length))
        .ok_or_else(|| format!("it ends within its header of {length} bytes"))?;
    let text = core::str::from_utf8(header).map_err(|error| format!("in its header: {error}"))?;
    let mut places = Header { text, at: 0 }.places()?;
    places.sort_by_key(|place| place.range);
    let (mut tensors, mut next) = (Vec::with_capacity(places.len()), 0);
    for place in places {
        let (start, end) = place.range;
        let bytes = data.get(start..end).filter(|_| start == next);
        let bytes = bytes.ok_or_else(|| format!("`{}` is not where it should be", place.name))?;
        if place.count.checked_mul(place.kind.size()) != Some(bytes.len()) {
            return Err(format!("`{}` is not of its size", place.name));
        }
        next = end;
        tensors.push(Tensor {
            name: place.name,
            kind: place.kind,
            bytes,
        });
    }
    if next == data.len() {
        Ok(tensors)
    } else {
        Err(format!("{} bytes belong to no tensor", data.len() - next))
    }
}

/// What a header says of one tensor.
struct Place {
    name: String,
    kind: Kind,
    count: usize,
    range: (usize, usize),
}

/// The text of a header, read from start to end.
struct Header<'a> {
    text: &'a str,
    at: usize,
}

impl Header<'_> {
    fn places(&mut self) -> Result<Vec<Place>, String> {
        let mut places = Vec::new();
        self.object(|header, name| {
            if name == "__metadata__" {
                return header.object(|header, _| header.string().map(|_| ()));
            }
            let place = header.place(name)?;
            places.push(place);
            Ok(())
        })?;
        self.blank();
        if self.at == self.text.len() {
            Ok(places)
        } else {
            Err(self.wrong("the end"))
        }
    }

    fn place(&mut self, name: String) -> Result<Place, String> {
        let (mut kind, mut count, mut range) = (None, None, None);
        self.object(|header, key| {
            match key.as_str() {
                "dtype" => kind = Some(header.kind()?),
                "shape" => {
                    let shape = header.numbers()?;
                    let product = shape.iter().try_fold(1_usize, |n, &m| n.checked_mul(m));
                    count = Some(product.ok_or_else(|| header.wrong("a shape that can be"))?);
                }
                "data_offsets" => match header.numbers()?.as_slice() {
                    &[start, end] if start <= end => range = Some((start, end)),
                    _ => return Err(header.wrong("two offsets")),
                },
                _ => return Err(header.wrong("dtype, shape or data_offsets")),
            }
            Ok(())
        })?;
        match (kind, count, range) {
            (Some(kind), Some(count), Some(range)) => Ok(Place {
                name,
                kind,
                count,
                range,
            }),
            _ => Err(self.wrong("dtype, shape and data_offsets")),
        }
    }

    fn kind(&mut self) -> Result<Kind, String> {
        let name = self.string()?;
        let kind = Kind::ALL.into_iter().find(|kind| kind.name() == name);
        kind.ok_or_else(|| format!("it holds {name}"))
    }

    /// The entries of an object, each handed on with its key.
    fn object(
        &mut self,
        mut entry: impl FnMut(&mut Self, String) -> Result<(), String>,
    ) -> Result<(), String> {
        self.expect('{')?;
        if self.takes('}') {
            return Ok(());
        }
        loop {
            let key = self.string()?;
            self.expect(':')?;
            entry(self, key)?;
            if self.takes('}') {
                return Ok(());
            }
            self.expect(',')?;
        }
    }

    fn numbers(&mut self) -> Result<Vec<usize>, String> {
        self.expect('[')?;
        let mut numbers = Vec::new();
        if self.takes(']') {
            return Ok(numbers);
        }
        loop {
            self.blank();
            let rest = &self.text[self.at..];
            let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
            let number = rest[..digits].parse().map_err(|_| self.wrong("a number"))?;
            numbers.push(number);
            self.at += digits;
            if self.takes(']') {
                return Ok(numbers);
            }
            self.expect(',')?;
        }
    }

    fn string(&mut self) -> Result<String, String> {
        self.expect('"')?;
        let mut string = String::new();
        loop {
            match self.letter()? {
                '"' => return Ok(string),
                '\\' => string.push(self.escaped()?),
                letter if letter < ' ' => return Err(self.wrong("a string")),
                letter => string.push(letter),
            }
        }
    }

    /// What a backslash makes of what follows it.
    fn escaped(&mut self) -> Result<char, String> {
        let unit = match self.letter()? {
            'u' => self.unit()?,
            'b' => return Ok('\u{8}'),
            'f' => return Ok('\u{c}'),
            'n' => return Ok('\n'),
            'r' => return Ok('\r'),
            't' => return Ok('\t'),
            letter @ ('"' | '\\' | '/') => return Ok(letter),
            _ => return Err(self.wrong("an escape")),
        };
        let mut units = [unit, 0];
        if (0xd800..0xdc00).contains(&unit) && self.text[self.at..].starts_with("\\u") {
            self.at += 2;
            units[1] = self.unit()?;
        }
        let used = if units[1] == 0 {
            &units[..1]
        } else {
            &units[..]
        };
        let mut letters = char::decode_utf16(used.iter().copied());
        match (letters.next(), letters.next()) {
            (Some(Ok(letter)), None) => Ok(letter),
            _ => Err(self.wrong("a letter")),
        }
    }

    /// Four digits of base 16.
    fn unit(&mut self) -> Result<u16, String> {
        let digits = self.text.get(self.at..self.at + 4);
        let digits = digits.filter(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()));
        let unit = digits.and_then(|digits| u16::from_str_radix(digits, 16).ok());
        self.at += 4;
        unit.ok_or_else(|| "in its header: a bad escape".to_string())
    }

    fn letter(&mut self) -> Result<char, String> {
        let letter = self
            .text
            .get(self.at..)
            .and_then(|rest| rest.chars().next());
        let letter = letter.ok_or_else(|| self.wrong("more"))?;
        self.at += letter.len_utf8();
        Ok(letter)
    }

    fn blank(&mut self) {
        let rest = &self.text[self.at..];
        self.at += rest.len() - rest.trim_start_matches([' ', '\t', '\n', '\r']).len();
    }

    fn takes(&mut self, letter: char) -> bool {
        self.blank();
        let takes = self.text[self.at..].starts_with(letter);
        if takes {
            self.at += letter.len_utf8();
        }
        takes
    }

    fn expect(&mut self, letter: char) -> Result<(), String> {
        if self.takes(letter) {
            Ok(())
        } else {
            Err(self.wrong(&format!("`{letter}`")))
        }
    }

    fn wrong(&self, expected: &str) -> String {
        format!("in its header, byte {}: expected {expected}", self.at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;

    fn tensor(name: &str, kind: Kind, bytes: &[u8]) -> Tensor<Vec<u8>> {
        Tensor {
            name: name.to_owned(),
            kind,
            bytes: bytes.to_vec(),
        }
    }

    fn file(header: &str, data: usize) -> Vec<u8> {
        let mut file = (header.len() as u64).to_le_bytes().to_vec();
        file.extend(header.as_bytes());
        file.extend(vec![0; data]);
        file
    }

    #[test]
    fn what_is_written_is_read() {
        let tensors = [
            tensor("a \"name\"\\ \n\u{1f980}", Kind::U8, &[1, 2, 3]),
            tensor("empty", Kind::F32, &[]),
            tensor("z", Kind::F64, &[7; 16]),
        ];
        let file = write(&tensors);
        let found = read(&file).expect("it was just written");
        assert_eq!(found.len(), 3);
        for tensor in &tensors {
            let same = |t: &&Tensor<&[u8]>| t.name == tensor.name && t.bytes == tensor.bytes;
            assert!(found.iter().any(|found| same(&found)), "{}", tensor.name);
        }
        assert_eq!(read(&write(&[])), Ok(Vec::new()));
    }

    #[test]
    fn files_of_others_are_read() {
        let header = "{ \"__metadata__\" : {\"format\":\"pt\"},\n \"w\\u00e9\\ud83e\\udd80\": {\"shape\":[2, 1],\
                      \"data_offsets\":[4,12], \"dtype\":\"F32\"}, \"b\":{\"dtype\":\"U8\",\"shape\":[4],\
                      \"data_offsets\":[0,4]}}  ";
        let file = file(header, 12);
        let names: Vec<String> = read(&file)
            .expect("it is right")
            .into_iter()
            .map(|t| t.name)
            .collect();
        assert_eq!(names, ["b", "wé\u{1f980}"]);
    }

    #[test]
    fn whatever_is_wrong_is_refused() {
        let one = |entry: &str| file(&format!("{{\"a\":{entry}}}"), 8);
        let right = "{\"dtype\":\"U8\",\"shape\":[8],\"data_offsets\":[0,8]}";
        assert!(read(&one(right)).is_ok());
        for (from, to) in [
            ("U8", "BF16"),
            ("[8]", "[7]"),
            ("[8]", "[99999999999,99999999999]"),
            ("[8]", "[99999999999999999999999]"),
            ("[8]", "[-8]"),
            ("[8]", "[8"),
            ("[0,8]", "[8,0]"),
            ("[0,8]", "[0,7]"),
            ("[0,8]", "[1,9]"),
            ("[0,8]", "[0,8,9]"),
            ("shape", "form"),
            ("\"dtype\":\"U8\",", ""),
            ("U8", "U8\\x"),
            ("U8", "U8\\ud800"),
            ("U8", "U8\\u12"),
        ] {
            assert!(read(&one(&right.replace(from, to))).is_err(), "{from} {to}");
        }
        let whole = one(right);
        for length in 0..whole.len() {
            assert!(read(&whole[..length]).is_err(), "{length}");
        }
        let twice = format!("{{\"a\":{right},\"b\":{right}}}");
        assert!(read(&file(&twice, 8)).is_err());
    }
}
