//! `l c b`: layers, characters, bits; then the main parameters (`2 l x 4 b`), the extra parameters
//! (`3 b`), the state (`2 l b`) and the characters (`c b`).

use std::path::Path;

use super::numbers::Numbers;
use super::{InputError, text_of};
use crate::adbench::lstm::Lstm;

/// Reads a model and its text.
///
/// # Errors
/// When the file cannot be read or is not of this form.
pub fn read_lstm(path: &Path) -> Result<Lstm, InputError> {
    let text = text_of(path)?;
    let mut numbers = Numbers::new(path, &text);
    let layers = numbers.positive("the number of layers l")?;
    let characters = numbers.positive("the number of characters c")?;
    let bits = numbers.positive("the number of bits b")?;
    if characters < 2 {
        return Err(numbers.error("a prediction needs two characters"));
    }
    let (main, extra, state, sequence) = (
        numbers.size(&[8, layers, bits])?,
        numbers.size(&[3, bits])?,
        numbers.size(&[2, layers, bits])?,
        numbers.size(&[characters, bits])?,
    );
    let data = Lstm {
        bits,
        main: numbers.reals(main, "a main parameter")?,
        extra: numbers.reals(extra, "an extra parameter")?,
        state: numbers.reals(state, "a number of the state")?,
        sequence: numbers.reals(sequence, "a bit of the text")?,
    };
    numbers.end()?;
    Ok(data)
}
