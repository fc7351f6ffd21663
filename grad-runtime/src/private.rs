//! What generated code may call, and nobody else.
