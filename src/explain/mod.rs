//! Renderers: one file a format, and how MySQL prints expressions (spec 07, 08).
