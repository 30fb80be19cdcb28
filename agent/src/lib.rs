//! What runs beside Bytewax in every pod: fetches code, launches, watches.

pub mod report;
