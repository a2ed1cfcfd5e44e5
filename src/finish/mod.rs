//! After the join order is fixed: conditions, ordering, grouping, temporary tables (spec 06).
