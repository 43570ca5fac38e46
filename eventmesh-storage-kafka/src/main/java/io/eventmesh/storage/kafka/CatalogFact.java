package io.eventmesh.storage.kafka;

/** What a record of the catalog says. */
sealed interface CatalogFact {
    /** Under which the record stands. */
    String key();

    /** By which form all records are written. */
    record Format(int version) implements CatalogFact {
        @Override
        public String key() {
            return CatalogForm.FORMAT_KEY;
        }
    }

    /**
     * A stream.
     *
     * @param going it is deleted, but its topic may still be there; nobody sees it
     */
    record Stream(StreamEntry entry, boolean going) implements CatalogFact {
        @Override
        public String key() {
            return CatalogForm.key(entry.name());
        }
    }

    /** A group. */
    record Group(GroupEntry entry) implements CatalogFact {
        @Override
        public String key() {
            return CatalogForm.key(entry.name());
        }
    }
}
