//! The objectives of `ADBench` and their Jacobians against references, and damaged files.

use std::fs;
use std::path::{Path, PathBuf};

use grad_examples::adbench::read::{InputError, read_ba, read_gmm, read_hand, read_lstm};
use grad_examples::adbench::reference::{Reference, difference};
use grad_examples::adbench::vector::Vec3;
use grad_examples::adbench::work::{BaWork, GmmWork, HandWork, Kind, LstmWork, Work};

/// The shipped files, their kinds and their references.
const FILES: [(Kind, &str, &str); 9] = [
    (Kind::Gmm, "gmm/test.txt", "gmm__test"),
    (Kind::Gmm, "gmm/1k/gmm_d2_K5.txt", "gmm__1k__gmm_d2_K5"),
    (Kind::Ba, "ba/test.txt", "ba__test"),
    (
        Kind::Ba,
        "ba/ba1_n49_m7776_p31843.txt",
        "ba__ba1_n49_m7776_p31843",
    ),
    (Kind::Lstm, "lstm/lstm_l2_c1024.txt", "lstm__lstm_l2_c1024"),
    (Kind::Hand, "hand/test.txt", "hand__test"),
    (
        Kind::Hand,
        "hand/hand_complicated.txt",
        "hand__hand_complicated",
    ),
    (
        Kind::Hand,
        "hand/simple_small/hand1_t26_c100.txt",
        "hand__simple_small__hand1_t26_c100",
    ),
    (
        Kind::Hand,
        "hand/complicated_small/hand1_t26_c100.txt",
        "hand__complicated_small__hand1_t26_c100",
    ),
];

fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("adbench/data")
        .join(name)
}

/// Where a test may write a file of this name.
fn scratch(name: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(name)
}

fn check_all(kind: Kind) {
    let files = FILES.iter().filter(|(of, ..)| *of == kind);
    for (_, file, reference) in files {
        let path = data(&format!("reference/{reference}.csv"));
        let reference = Reference::read(&path).expect("the reference ships with the example");
        let path = data(file);
        assert_eq!(Kind::of_path(&path), Some(kind));
        let mut work = kind.read(&path, None).expect("the file ships too");
        for evaluate in [
            |work: &mut dyn Work| work.jacobian(),
            |work: &mut dyn Work| work.objective(),
            |work: &mut dyn Work| work.jacobian_by_hand(),
        ] {
            evaluate(work.as_mut());
            let checked = reference.check(work.as_ref());
            assert!(checked.is_ok(), "{file}: {checked:?}");
        }
    }
}

#[test]
fn gmm_meets_its_references() {
    check_all(Kind::Gmm);
}

/// Reads a shipped file and its reference.
fn read<D>(file: &str, read: fn(&Path) -> Result<D, InputError>) -> (D, Reference) {
    let reference = file.trim_end_matches(".txt").replace('/', "__");
    let reference = Reference::read(&data(&format!("reference/{reference}.csv")));
    let data = read(&data(file)).expect("the file ships with the example");
    (data, reference.expect("the reference ships too"))
}

#[test]
fn gmm_in_other_ways_meets_its_references() {
    for file in ["gmm/test.txt", "gmm/1k/gmm_d2_K5.txt"] {
        let (data, reference) = read(file, read_gmm);
        let mut work = GmmWork::new(data);
        work.jacobian_in_lanes();
        assert!(reference.check(&work).is_ok());
        work.jacobian_with_helpers();
        assert!(reference.check(&work).is_ok());
    }
}

#[test]
fn lstm_with_helpers_meets_its_reference() {
    let (data, reference) = read("lstm/lstm_l2_c1024.txt", read_lstm);
    let mut work = LstmWork::new(data);
    work.jacobian_with_helpers();
    assert!(reference.check(&work).is_ok());
}

#[test]
fn ba_meets_its_references() {
    check_all(Kind::Ba);
}

#[test]
fn lstm_meets_its_references() {
    check_all(Kind::Lstm);
}

#[test]
fn hand_meets_its_references() {
    check_all(Kind::Hand);
}

/// Generated derivatives against those written by hand, which were checked elsewhere.
fn assert_agrees_with_hand(work: &mut dyn Work) {
    work.jacobian();
    let generated = work.jacobian_part(0);
    work.jacobian_by_hand();
    for (generated, by_hand) in generated.into_iter().zip(work.jacobian_part(0)) {
        assert!(
            difference(generated, by_hand) < 1e-12,
            "{generated} against {by_hand}"
        );
    }
}

#[test]
fn a_camera_that_is_not_turned_has_the_derivative_of_first_order() {
    let mut ba = read_ba(&data("ba/test.txt")).expect("the file ships with the example");
    ba.cameras[0].rotation = Vec3::default();
    assert_agrees_with_hand(&mut BaWork::new(ba));
}

#[test]
fn a_hand_at_rest_has_derivatives() {
    let path = data("hand/hand_complicated.txt");
    let mut hand = read_hand(&path, &data("hand/model")).expect("the files ship with the example");
    hand.theta.fill(0.0);
    assert_agrees_with_hand(&mut HandWork::new(hand));
}

#[test]
fn a_wrong_result_is_told_from_the_reference() {
    let path = data("reference/gmm__1k__gmm_d2_K5.csv");
    let reference = Reference::read(&path).expect("the reference ships with the example");
    let other = data("gmm/test.txt");
    let mut work = Kind::Gmm.read(&other, None).expect("the file ships too");
    work.jacobian();
    assert!(reference.check(work.as_ref()).is_err());
    let text = fs::read_to_string(&path).expect("the reference ships with the example");
    let moved = text.replacen("jacobian[3],", "jacobian[3],1", 1);
    let path = scratch("moved.csv");
    fs::write(&path, moved).expect("a folder for tests");
    let reference = Reference::read(&path).expect("it is well formed");
    let file = data("gmm/1k/gmm_d2_K5.txt");
    let mut work = Kind::Gmm.read(&file, None).expect("the file ships too");
    work.jacobian();
    let error = reference.check(work.as_ref()).expect_err("an entry is off");
    assert!(error.starts_with("jacobian[3] is "), "{error}");
}

#[test]
fn a_damaged_reference_is_refused() {
    let text = fs::read_to_string(data("reference/gmm__test.csv")).expect("it ships");
    let path = scratch("reference.csv");
    for (damaged, message) in [
        (text.replace("jacobian[3],", "jacobian[3];"), "line 28: "),
        (text.replace("jacobian[3],", "jacobian[3],x"), "line 28: "),
        (
            text.replace("jacobian_len,18", "jacobian_len,19"),
            "jacobian[18] is missing",
        ),
        (
            text.replace("jacobian_stride,1", "jacobian_stride,0"),
            "must not be 0",
        ),
        (
            text.replace("jacobian_len,18", "jacobian_len,18446744073709551615"),
            "is missing",
        ),
        (String::new(), "objective_len is missing"),
    ] {
        fs::write(&path, damaged).expect("a folder for tests");
        let error = Reference::read(&path).expect_err("the reference is damaged");
        assert!(error.to_string().contains(message), "{error}");
        assert_eq!(error.path, path);
    }
}

#[test]
fn kinds_are_told_from_paths() {
    for (path, kind) in [
        ("gmm/test.txt", Some(Kind::Gmm)),
        ("data/BA1_n49.txt", Some(Kind::Ba)),
        ("lstm/hand1_t26_c100.txt", Some(Kind::Hand)),
        ("band/basis.txt", None),
    ] {
        assert_eq!(Kind::of_path(Path::new(path)), kind, "{path}");
    }
}

/// Reads a file with this text as a problem; an error must name the file and a line.
fn read_text(kind: Kind, name: &str, text: &str) -> Result<(), InputError> {
    let path = scratch(name);
    fs::write(&path, text).expect("a folder for tests");
    let outcome = kind.read(&path, Some(&data("hand/model")));
    outcome.map(drop).inspect_err(|error| {
        assert_eq!(error.path, path);
        let line = error.line.expect("a line can be named");
        let start = format!("{}: line {line}: ", path.display());
        assert!(error.to_string().starts_with(&start), "{error}");
    })
}

/// A small file of each kind.
fn small_files() -> [(Kind, String); 5] {
    let lstm = "1 2 1\n1 1 1 1 1 1 1 1\n0.5 0.5 0.5\n0 0\n1 0\n".to_owned();
    let read = |name: &str| fs::read_to_string(data(name)).expect("it ships");
    [
        (Kind::Gmm, read("gmm/test.txt")),
        (Kind::Ba, read("ba/test.txt")),
        (Kind::Lstm, lstm),
        (Kind::Hand, read("hand/test.txt")),
        (Kind::Hand, read("hand/hand_complicated.txt")),
    ]
}

#[test]
fn a_word_in_place_of_any_number_is_refused_at_its_line() {
    for (kind, text) in small_files() {
        let mut place = 0;
        for (line, row) in text.lines().enumerate() {
            for word in row.split_whitespace() {
                place += text[place..].find(word).expect("it is there");
                for damage in ["x", "nan", "inf", "1e999", "1,5", "٣"] {
                    let damaged = [&text[..place], damage, &text[place + word.len()..]].concat();
                    let error = read_text(kind, "word.txt", &damaged);
                    let error = error.expect_err("the number is damaged");
                    assert_eq!(error.line, Some(line + 1), "{error}");
                }
                place += word.len();
            }
        }
    }
}

#[test]
fn a_number_too_few_or_too_many_is_refused() {
    for (kind, text) in small_files() {
        assert_eq!(read_text(kind, "count.txt", &text), Ok(()));
        for (place, _) in text.trim_end().match_indices(char::is_whitespace) {
            let cut = read_text(kind, "count.txt", &text[..place]);
            assert!(cut.is_err(), "{}", &text[..place]);
        }
        let more = format!("{text} 1");
        assert!(read_text(kind, "count.txt", &more).is_err());
    }
}

#[test]
fn sizes_that_the_file_does_not_bear_out_are_refused() {
    let huge = usize::MAX.to_string();
    for (kind, text) in small_files() {
        let sizes = if kind == Kind::Hand { 2 } else { 3 };
        for damaged in 0..sizes {
            for size in [
                "0",
                "-1",
                "2.5",
                "4000000000",
                &huge,
                "99999999999999999999",
            ] {
                if kind == Kind::Gmm && damaged == 2 && size == "0" {
                    continue; // No points: the data then stand after the end.
                }
                let mut words: Vec<&str> = text.split_whitespace().collect();
                words[damaged] = size;
                let outcome = read_text(kind, "size.txt", &words.join(" "));
                assert!(outcome.is_err(), "{}: {size}", kind.name());
            }
        }
    }
}

#[test]
fn a_file_that_is_no_text_is_refused_at_its_line() {
    let path = scratch("bytes.txt");
    fs::write(&path, b"2 3 1\n0.5\n0.\xff\n").expect("a folder for tests");
    let error = Kind::Gmm.read(&path, None).map(drop);
    let error = error.expect_err("a byte is no character");
    assert_eq!((error.path, error.line), (path, Some(3)));
}

#[test]
fn a_missing_file_is_refused() {
    for kind in Kind::ALL {
        let path = scratch("no-such-file.txt");
        let outcome = kind.read(&path, Some(&data("hand/model")));
        let error = outcome.map(drop).expect_err("there is no such file");
        assert!(
            error
                .to_string()
                .contains("no-such-file.txt: cannot be read")
        );
    }
    let error = Kind::Hand.read(&data("hand/test.txt"), Some(&scratch("no-model")));
    assert!(error.map(drop).is_err());
    let alone = std::env::temp_dir().join("no-such-folder/test.txt");
    let error = Kind::Hand.read(&alone, None).map(drop);
    assert!(error.is_err_and(|error| error.message.contains("--model")));
}

#[test]
fn a_damaged_model_is_refused() {
    let folder = scratch("model");
    fs::create_dir_all(&folder).expect("a folder for tests");
    let names = ["bones.txt", "vertices.txt", "triangles.txt"];
    for damaged in names {
        for (what, damage) in [
            (
                "cut short",
                (|row| row.rsplit_once(':').map_or("", |cells| cells.0).to_owned())
                    as fn(&str) -> String,
            ),
            ("too long", |row| format!("{row}:1")),
            ("no number", |row| {
                row.rsplit_once(':').map_or("", |cells| cells.0).to_owned() + ":x"
            }),
        ] {
            for name in names {
                let text = fs::read_to_string(data("hand/model").join(name)).expect("it ships");
                let rows = text.lines().enumerate().map(|(index, row)| {
                    if name == damaged && index == 4 {
                        damage(row)
                    } else {
                        row.to_owned()
                    }
                });
                let text = rows.collect::<Vec<_>>().join("\n");
                fs::write(folder.join(name), text).expect("a folder for tests");
            }
            let outcome = read_hand(&data("hand/test.txt"), &folder);
            let error = outcome.expect_err("the model is damaged");
            assert_eq!(
                (error.line, error.path),
                (Some(5), folder.join(damaged)),
                "{what}"
            );
        }
    }
}

#[test]
fn a_model_with_too_few_bones_or_a_parent_too_late_is_refused() {
    let folder = scratch("short-model");
    fs::create_dir_all(&folder).expect("a folder for tests");
    for name in ["vertices.txt", "triangles.txt"] {
        fs::copy(data("hand/model").join(name), folder.join(name)).expect("a folder for tests");
    }
    let bones = fs::read_to_string(data("hand/model/bones.txt")).expect("it ships");
    let few = bones.lines().take(20).collect::<Vec<_>>().join("\n");
    let late = bones.replacen("thumb2:1:", "thumb2:2:", 1);
    for (text, message) in [
        (
            few.as_str(),
            "line 20: a hand has at least 21 bones, not 20",
        ),
        ("", "line 1: a hand has at least 21 bones, not 0"),
        (late.as_str(), "line 3: parent 2 does not stand before"),
    ] {
        fs::write(folder.join("bones.txt"), text).expect("a folder for tests");
        let error = read_hand(&data("hand/test.txt"), &folder).expect_err("it is damaged");
        assert!(error.to_string().ends_with(message), "{error}");
    }
}
