//! Readers of data files on whole files and on files damaged in every way, and batches.

#![allow(clippy::float_cmp, reason = "the values compared are exact")]
#![allow(clippy::cast_precision_loss, reason = "small numbers")]

use std::error::Error;
use std::fs;
use std::io::Write;
use std::path::PathBuf;

use flate2::Compression;
use flate2::write::GzEncoder;
use grad_runtime::data::{
    Csv, Data, DataError, DataLoader, Place, Problem, Samples, cifar10, mnist,
};

/// Where a test may write a file of this name.
fn scratch(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("data-{name}"))
}

fn write(name: &str, bytes: &[u8]) -> PathBuf {
    let path = scratch(name);
    fs::write(&path, bytes).expect("a folder for tests");
    path
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).expect("memory takes all");
    encoder.finish().expect("memory takes all")
}

/// The file of 3 images of 2 rows and 4 columns.
fn images() -> Vec<u8> {
    let mut bytes = vec![0, 0, 8, 3, 0, 0, 0, 3, 0, 0, 0, 2, 0, 0, 0, 4];
    bytes.extend(1..=24);
    bytes
}

fn labels() -> Vec<u8> {
    vec![0, 0, 8, 1, 0, 0, 0, 3, 5, 0, 9]
}

fn read_mnist(name: &str, images: &[u8], labels: &[u8]) -> Result<Samples<u8>, DataError> {
    mnist::read(
        &write(&format!("{name}-images"), images),
        &write(&format!("{name}-labels"), labels),
    )
}

/// The error names the file and, where one is expected, the byte.
#[track_caller]
fn refused<T: std::fmt::Debug>(outcome: Result<T, DataError>, file: &str, rest: &str) {
    let error = outcome.expect_err("the file is damaged");
    let expected = format!("{}: {rest}", scratch(file).display());
    assert_eq!(error.to_string(), expected);
}

#[test]
fn mnist_is_read_plain_and_gzipped() {
    let plain = read_mnist("plain", &images(), &labels()).expect("whole files");
    assert_eq!(
        (plain.shape(), plain.labels()),
        (&[1, 2, 4][..], &[5, 0, 9][..])
    );
    assert_eq!(plain.sample(1), [9, 10, 11, 12, 13, 14, 15, 16]);
    let zipped = read_mnist("zipped", &gzip(&images()), &gzip(&labels()));
    assert_eq!(zipped.expect("whole files"), plain);
}

#[test]
fn a_folder_is_searched_for_the_usual_names() {
    let folder = scratch("folder");
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("a folder for tests");
    let error = mnist::read_folder(&folder, mnist::Part::Test).unwrap_err();
    assert!(matches!(error.problem, Problem::NotFound { .. }), "{error}");
    fs::write(folder.join("t10k-images.idx3-ubyte"), images()).expect("a file");
    fs::write(folder.join("t10k-labels-idx1-ubyte.gz"), gzip(&labels())).expect("a file");
    let test = mnist::read_folder(&folder, mnist::Part::Test).expect("whole files");
    assert_eq!(test.len(), 3);
}

#[test]
fn a_folder_that_is_none_is_said_to_be() {
    for folder in [scratch("no-folder"), write("file", b"")] {
        let error = mnist::read_folder(&folder, mnist::Part::Test).unwrap_err();
        assert!(matches!(error.problem, Problem::Folder(_)), "{error}");
        assert!(error.source().is_some());
        assert!(cifar10::files(&folder).is_err());
    }
}

#[test]
fn parts_of_different_images_do_not_go_together() {
    let folder = scratch("parts");
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("a folder for tests");
    let mut wide = images();
    (wide[11], wide[15]) = (1, 8);
    for (name, bytes) in [
        ("train-images-idx3-ubyte", images()),
        ("train-labels-idx1-ubyte", labels()),
        ("t10k-images-idx3-ubyte", wide),
        ("t10k-labels-idx1-ubyte", labels()),
    ] {
        fs::write(folder.join(name), bytes).expect("a file");
    }
    refused(
        mnist::read_both(&folder),
        "parts/t10k-images-idx3-ubyte",
        "byte 8: expected images of shape [1, 2, 4], as in the other part, found [1, 1, 8]",
    );
    fs::write(folder.join("t10k-images-idx3-ubyte"), images()).expect("a file");
    let (training, test) = mnist::read_both(&folder).expect("whole files");
    assert_eq!(training, test);
}

#[test]
fn damage_in_the_middle_of_a_gzipped_file_is_called_damage() {
    let mut random = grad_runtime::data::Random::new(1);
    let mut whole = vec![0, 0, 8, 3, 0, 0, 0, 3, 0, 0, 100, 0, 0, 0, 0, 4];
    whole.extend((0..3 * 25600 * 4).map(|_| u8::try_from(random.below(9)).expect("a byte")));
    let zipped = gzip(&whole);
    assert!(read_mnist("middle", &zipped, &labels()).is_ok());
    for part in 1..40 {
        let mut bytes = zipped.clone();
        let at = part * zipped.len() / 40;
        for byte in &mut bytes[at..at + 8] {
            *byte ^= 0x5a;
        }
        let error = read_mnist("middle", &bytes, &labels()).unwrap_err();
        assert!(matches!(error.problem, Problem::Read(_)), "{error}");
    }
}

#[test]
fn every_truncation_is_refused_with_its_byte() {
    let whole = images();
    for length in 0..whole.len() {
        let error = read_mnist("cut", &whole[..length], &labels()).unwrap_err();
        assert_eq!(error.place, Some(Place::Byte(length as u64)), "{error}");
        assert!(
            matches!(error.problem, Problem::Truncated { .. }),
            "{error}"
        );
        assert!(error.path.ends_with("data-cut-images"));
    }
    let outcome = read_mnist("cut", &whole, &labels()[..9]);
    let text = "byte 9: the file ends too early: expected 11 bytes, found 9";
    refused(outcome, "cut-labels", text);
    let zipped = gzip(&whole);
    for length in 0..zipped.len() {
        assert!(
            read_mnist("cut", &zipped[..length], &labels()).is_err(),
            "{length}"
        );
    }
}

#[test]
fn no_flipped_bit_panics_and_a_gzipped_one_changes_nothing() {
    let (whole, zipped) = (images(), gzip(&images()));
    for at in 0..whole.len() {
        for bit in 0..8 {
            let mut bytes = whole.clone();
            bytes[at] ^= 1 << bit;
            let outcome = read_mnist("flip", &bytes, &labels());
            assert!(at >= 8 || outcome.is_err(), "byte {at} bit {bit}");
        }
    }
    // The header of a gzipped file holds a time and a system, and the packed bits are filled up to
    // whole bytes: neither means anything.
    let expected = read_mnist("flip", &whole, &labels()).expect("whole files");
    for at in 0..zipped.len() {
        let mut bytes = zipped.clone();
        bytes[at] ^= 0x10;
        if let Ok(samples) = read_mnist("flip", &bytes, &labels()) {
            assert_eq!(samples, expected, "byte {at}");
        }
    }
}

#[test]
fn lying_headers_cost_nothing() {
    let mut lying = images();
    lying[4..16].fill(0xff);
    refused(
        read_mnist("lying", &lying, &labels()),
        "lying-images",
        "byte 4: the file announces more than can exist",
    );
    lying[4..8].copy_from_slice(&[0, 0, 0, 1]);
    let error = read_mnist("lying", &lying, &labels()).unwrap_err();
    assert!(
        matches!(error.problem, Problem::Truncated { found: 40, .. }),
        "{error}"
    );
    lying[4..8].fill(0);
    refused(
        read_mnist("lying", &lying, &labels()),
        "lying-images",
        "byte 4: there are no samples in it",
    );
}

#[test]
fn oversized_and_mislabelled_files_are_refused() {
    let mut long = images();
    long.push(0);
    refused(
        read_mnist("long", &long, &labels()),
        "long-images",
        "byte 40: expected the file to end here, after 40 bytes",
    );
    refused(
        read_mnist("swapped", &labels(), &images()),
        "swapped-images",
        "byte 0: expected a file that starts with 0x00000803, found 0x00000801",
    );
    let mut wrong = labels();
    wrong[9] = 10;
    refused(
        read_mnist("wrong", &images(), &wrong),
        "wrong-labels",
        "byte 9: label 10 is not in 0..=9",
    );
    let few = [0, 0, 8, 1, 0, 0, 0, 2, 5, 0];
    refused(
        read_mnist("few", &images(), &few),
        "few-labels",
        "expected 3 labels, one for each image, found 2",
    );
    let error = mnist::read(&scratch("none"), &scratch("none")).unwrap_err();
    assert!(matches!(error.problem, Problem::Open(_)) && error.source().is_some());
    assert!(
        Csv::new()
            .read(env!("CARGO_TARGET_TMPDIR").as_ref())
            .is_err()
    );
}

/// A record whose red is `label`, green `label + 1`, blue `label + 2`.
fn record(label: u8) -> Vec<u8> {
    let mut bytes = vec![label];
    for colour in 0..3 {
        bytes.extend([label + colour; 1024]);
    }
    bytes
}

#[test]
fn cifar_is_filtered_by_class() {
    let first = write("batch1.bin", &[record(3), record(0), record(7)].concat());
    let second = write("batch2.bin", &[record(5), record(3)].concat());
    let four = [cifar10::CAT, cifar10::DOG, cifar10::FROG, cifar10::HORSE];
    let samples = cifar10::read(&[&first, &second], &four).expect("whole files");
    assert_eq!(
        (samples.labels(), samples.shape()),
        (&[0, 3, 1, 0][..], &[3, 32, 32][..])
    );
    assert_eq!([0, 1024, 2048].map(|i| samples.sample(1)[i]), [7, 8, 9]);
    let error = cifar10::read(&[&first], &[cifar10::FROG]).unwrap_err();
    assert!(matches!(error.problem, Problem::Empty), "{error}");
}

#[test]
fn damaged_cifar_is_refused() {
    let whole = [record(3), record(7)].concat();
    let all: Vec<usize> = (0..10).collect();
    let read = |bytes: &[u8]| cifar10::read(&[write("damaged.bin", bytes)], &all);
    refused(
        read(&whole[..6000]),
        "damaged.bin",
        "byte 3073: expected records of 3073 bytes, found 6000 bytes in all",
    );
    let long = [&whole[..], &[0]].concat();
    refused(
        read(&long),
        "damaged.bin",
        "byte 6146: expected records of 3073 bytes, found 6147 bytes in all",
    );
    let mut wrong = whole.clone();
    wrong[3073] = 10;
    refused(
        read(&wrong),
        "damaged.bin",
        "byte 3073: label 10 is not in 0..=9",
    );
    refused(read(&[]), "damaged.bin", "there are no samples in it");
    // Of several files each has to be one.
    let paths = [write("whole.bin", &whole), write("empty.bin", &[])];
    refused(
        cifar10::read(&paths, &all),
        "empty.bin",
        "there are no samples in it",
    );
    // More than is read at once.
    let long = whole.repeat(300);
    assert_eq!(read(&long).expect("600 records").len(), 600);
    let mut wrong = long.clone();
    wrong[599 * 3073] = 10;
    refused(
        read(&wrong),
        "damaged.bin",
        "byte 1840727: label 10 is not in 0..=9",
    );
    refused(
        read(&long[..long.len() - 1]),
        "damaged.bin",
        "byte 1840727: expected records of 3073 bytes, found 1843799 bytes in all",
    );
}

/// What never ends is refused where the whole set would.
#[cfg(unix)]
#[test]
fn endless_cifar_is_refused() {
    let error = cifar10::read(&["/dev/zero"], &[cifar10::CAT]).unwrap_err();
    let expected =
        "/dev/zero: byte 184380000: expected the file to end here, after 184380000 bytes";
    assert_eq!(error.to_string(), expected);
}

#[test]
fn a_cifar_folder_needs_its_files() {
    let folder = scratch("cifar");
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("a folder for tests");
    let names = (1..=5).map(|n| format!("data_batch_{n}.bin"));
    for name in names.chain(["test_batch.bin".to_owned()]) {
        let text = cifar10::files(&folder).unwrap_err().to_string();
        let missing = format!("the folder holds none of {name}, {name}.gz");
        assert!(text.ends_with(&missing), "{text}");
        fs::write(folder.join(name), record(1)).expect("a file");
    }
    let (training, test) = cifar10::files(&folder).expect("all are there");
    assert_eq!((training.len(), test), (5, folder.join("test_batch.bin")));
}

#[test]
fn tables_are_read_plain_and_gzipped() {
    let text = b"a;b;c\r\n1;0.5;-2\r\n0;1e3;.25\r\n";
    let csv = Csv::new().separator(';').header(true).label_first(true);
    let plain = csv.read(&write("table.csv", text)).expect("a whole table");
    assert_eq!(plain.values(), [0.5, -2.0, 1000.0, 0.25]);
    assert_eq!((plain.labels(), plain.shape()), (&[1, 0][..], &[2][..]));
    let zipped = csv.read(&write("table.csv.gz", &gzip(text)));
    assert_eq!(zipped.expect("a whole table"), plain);
}

#[test]
fn damaged_tables_are_refused_with_their_cell() {
    let csv = Csv::new().classes(3).range(-1.0..=1.0);
    let read = |text: &str| csv.read(&write("damaged.csv", text.as_bytes()));
    let good = "0,1,2\n";
    for (line, rest) in [
        ("0,2", "line 2: expected 3 columns, found 2"),
        ("0,1,2,2", "line 2: expected 3 columns, found 4"),
        ("", "line 2: expected 3 columns, found 1"),
        ("0,x,2", "line 2, column 2: \"x\" is not a finite number"),
        (
            "NaN,0,2",
            "line 2, column 1: \"NaN\" is not a finite number",
        ),
        (
            "0,1e999,2",
            "line 2, column 2: \"1e999\" is not a finite number",
        ),
        ("0,1.5,2", "line 2, column 2: \"1.5\" is not in -1..=1"),
        ("0,1,3", "line 2, column 3: label 3 is not in 0..=2"),
        ("0,1,-1", "line 2, column 3: \"-1\" is not a whole number"),
        ("0,1,1.0", "line 2, column 3: \"1.0\" is not a whole number"),
    ] {
        refused(read(&format!("{good}{line}\n")), "damaged.csv", rest);
    }
    refused(read(""), "damaged.csv", "there are no samples in it");
    let one = read("1").unwrap_err();
    assert!(
        matches!(
            one.problem,
            Problem::Columns {
                expected: 2,
                found: 1
            }
        ),
        "{one}"
    );
    let zipped = gzip(good.repeat(100).as_bytes());
    let cut = csv
        .read(&write("cut.csv.gz", &zipped[..zipped.len() - 5]))
        .unwrap_err();
    assert!(matches!(cut.problem, Problem::Read(_)), "{cut}");
    let latin = csv
        .read(&write("latin.csv", b"0,1,2\n0,\xe9,1\n"))
        .unwrap_err();
    assert_eq!(latin.place, Some(Place::Line(2)));
}

fn numbered(count: usize) -> Samples<f32> {
    let values = (0..count).map(|i| i as f32).collect();
    Samples::new(values, vec![1], (0..count).collect())
}

#[test]
fn every_sample_comes_once_an_epoch() {
    for count in [0, 1, 2, 3, 7, 8, 9, 64] {
        let samples = numbered(count);
        for size in [1, 2, 3, 8, 100] {
            let mut loader = DataLoader::new(&samples, size).shuffle(5);
            for epoch in 0..3 {
                loader.start(epoch, 0);
                let (mut seen, mut batches) = (Vec::new(), 0);
                while let Some(batch) = loader.next_batch() {
                    batches += 1;
                    assert!(batch.len() == size || seen.len() + batch.len() == count);
                    assert!(batch.iter().all(|(values, label)| values == [label as f32]));
                    seen.extend_from_slice(batch.labels());
                }
                assert_eq!(batches, loader.batches());
                seen.sort_unstable();
                assert_eq!(seen, (0..count).collect::<Vec<_>>());
            }
        }
    }
}

/// The labels of the rest of an epoch.
fn labels_of<D: Data<Batch = Samples<f32>>>(loader: &mut DataLoader<D>) -> Vec<usize> {
    let mut seen = Vec::new();
    while let Some(batch) = loader.next_batch() {
        seen.extend_from_slice(batch.labels());
    }
    seen
}

#[test]
fn the_order_depends_on_seed_and_epoch_alone() {
    let samples = numbered(50);
    let mut loader = DataLoader::new(&samples, 8).shuffle(1);
    let first = labels_of(&mut loader);
    loader.start(1, 0);
    let second = labels_of(&mut loader);
    assert_ne!(first, second);
    loader.start(0, 0);
    assert_eq!(labels_of(&mut loader), first);
    loader.start(1, 3);
    assert_eq!(labels_of(&mut loader), second[24..]);
    let mut other = DataLoader::new(&samples, 8).shuffle(2);
    assert_ne!(labels_of(&mut other), first);
    assert_eq!(
        labels_of(&mut DataLoader::new(&samples, 8)),
        (0..50).collect::<Vec<_>>()
    );
}

#[test]
fn a_partial_batch_can_be_left_out() {
    let samples = numbered(10);
    let mut loader = DataLoader::new(&samples, 4).drop_last(true);
    assert_eq!(labels_of(&mut loader), (0..8).collect::<Vec<_>>());
}

#[test]
fn bytes_become_floats() {
    let samples = Samples::new(vec![0_u8, 255, 51], vec![1], vec![0, 1, 2]);
    let mut loader = DataLoader::new(&samples, 3);
    let batch = loader.next_batch().expect("three samples");
    assert_eq!(batch.values(), [0.0, 1.0, 0.2]);
}
