//! Nothing here: the package holds tests.
