//! The reader of the digits: the file that ships, and files damaged in every way it knows.

use std::error::Error;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;
use grad_examples::data::{CLASSES, DataError, Digits, PIXELS, Problem, TRAINING_ROWS};

fn shipped() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("data/digits.csv.gz")
}

/// Where a test may write a file of this name.
fn scratch(name: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(name)
}

/// A good row, with one cell replaced.
fn row_with(column: usize, cell: &str) -> String {
    let mut cells = vec!["7"; PIXELS + 1];
    cells[column] = cell;
    cells.join(",")
}

/// Writes lines as a gzipped file and reads them as digits.
fn read_lines(name: &str, lines: &[String]) -> Result<Digits, DataError> {
    let path = scratch(name);
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    for line in lines {
        writeln!(encoder, "{line}").expect("memory takes all");
    }
    fs::write(&path, encoder.finish().expect("memory takes all")).expect("a folder for tests");
    Digits::read(&path)
}

/// The error of a file whose second line is `line`; it must name the file and the line.
fn refuse(name: &str, line: String) -> DataError {
    let error = read_lines(name, &[row_with(0, "0"), line]).expect_err("the line is damaged");
    let start = format!("{}: line 2: ", scratch(name).display());
    assert!(error.to_string().starts_with(&start), "{error}");
    error
}

#[test]
fn the_shipped_file_is_whole() {
    let (training, test) = Digits::read_split(&shipped()).expect("the file ships with the example");
    assert_eq!((training.len(), test.len()), (TRAINING_ROWS, 450));
    for digits in [&training, &test] {
        assert_eq!(digits.pixels.len(), digits.len() * PIXELS);
        assert!(
            digits
                .pixels
                .iter()
                .all(|pixel| (0.0..=1.0).contains(pixel))
        );
        assert!((0..CLASSES).all(|digit| digits.labels.contains(&digit)));
    }
    assert_eq!(training.labels[..4], [0, 1, 2, 3]);
    assert_eq!(
        training.image(0)[2..6],
        [5.0 / 16.0, 13.0 / 16.0, 9.0 / 16.0, 1.0 / 16.0]
    );
}

#[test]
fn a_batch_holds_the_images_asked_for() {
    let digits = Digits::read(&shipped()).expect("the file ships with the example");
    let batch = digits.gather(&[5, 1]);
    assert_eq!(batch.labels, [5, 1]);
    assert_eq!(batch.image(0), digits.image(5));
    assert_eq!(batch.image(1), digits.image(1));
}

#[test]
fn a_missing_file_is_refused() {
    let path = scratch("missing.csv.gz");
    let error = Digits::read(&path).expect_err("there is no such file");
    assert!(matches!(error.problem, Problem::Open(_)));
    assert!(error.to_string().starts_with(&path.display().to_string()));
    assert!(error.source().is_some());
}

#[test]
fn a_truncated_file_is_refused() {
    let whole = fs::read(shipped()).expect("the file ships with the example");
    let path = scratch("truncated.csv.gz");
    for length in [0, 5, whole.len() / 2, whole.len() - 4] {
        fs::write(&path, &whole[..length]).expect("a folder for tests");
        match Digits::read_split(&path) {
            Err(DataError {
                line: Some(_),
                problem: Problem::Read(_),
                ..
            }) => {}
            other => panic!("{length} bytes were read as {other:?}"),
        }
    }
}

#[test]
fn a_file_with_flipped_bits_is_refused() {
    let mut bytes = fs::read(shipped()).expect("the file ships with the example");
    let path = scratch("flipped.csv.gz");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0x55;
    fs::write(&path, bytes).expect("a folder for tests");
    assert!(Digits::read(&path).is_err());
}

#[test]
fn plain_text_is_refused() {
    let path = scratch("plain.csv.gz");
    fs::write(&path, row_with(0, "0")).expect("a folder for tests");
    let error = Digits::read(&path).expect_err("the file is not gzipped");
    assert!(matches!(error.problem, Problem::Read(_)), "{error}");
}

#[test]
fn a_wrong_number_of_columns_is_refused() {
    let good = row_with(0, "0");
    let cut = good.rsplit_once(',').map(|(head, _)| head.to_owned());
    let error = refuse("short.csv.gz", cut.expect("a row has commas"));
    assert!(matches!(error.problem, Problem::Columns(PIXELS)), "{error}");
    let error = refuse("long.csv.gz", format!("{good},1"));
    assert!(
        error
            .to_string()
            .ends_with("expected 65 columns (64 pixels and a label), found 66")
    );
    let error = refuse("blank.csv.gz", String::new());
    assert!(matches!(error.problem, Problem::Columns(1)), "{error}");
}

#[test]
fn a_cell_that_is_no_number_is_refused() {
    for cell in ["", "x", "3.5", "nan", "٣"] {
        let error = refuse("word.csv.gz", row_with(10, cell));
        assert!(
            error
                .to_string()
                .ends_with(&format!("column 11: {cell:?} is not a whole number"))
        );
    }
}

#[test]
fn a_number_out_of_range_is_refused() {
    for cell in ["-1", "17", "256", "99999999999"] {
        let error = refuse("pixel.csv.gz", row_with(0, cell));
        assert!(
            error
                .to_string()
                .ends_with(&format!("column 1: {cell:?} is not in 0..=16"))
        );
    }
    for cell in ["-1", "10"] {
        let error = refuse("label.csv.gz", row_with(PIXELS, cell));
        assert!(
            error
                .to_string()
                .ends_with(&format!("column 65: {cell:?} is not in 0..=9"))
        );
    }
}

#[test]
fn a_file_without_test_rows_is_refused() {
    let lines = vec![row_with(0, "0"); TRAINING_ROWS];
    assert_eq!(
        read_lines("few.csv.gz", &lines)
            .expect("all rows are good")
            .len(),
        TRAINING_ROWS
    );
    let error = Digits::read_split(&scratch("few.csv.gz")).expect_err("no row is left");
    assert!(
        matches!(error.problem, Problem::TooFewRows(TRAINING_ROWS)),
        "{error}"
    );
}
