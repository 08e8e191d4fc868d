package org.mixdq4j.core.progress;

/** Told how far a long piece of work has come. */
public interface Progress {
    /** A stage of {@code total} units begins. */
    void begin(String stage, long total);

    /** A stage of which {@code done} units were finished before: by a run that was stopped. */
    default void resume(String stage, long total, long done) {
        begin(stage, total);
        at(done);
    }

    /** {@code done} units of the stage are finished. */
    void at(long done);

    /** The stage is over. */
    void end();

    /** Tells nobody. */
    Progress SILENT = new Progress() {
        @Override
        public void begin(String stage, long total) {}

        @Override
        public void at(long done) {}

        @Override
        public void end() {}
    };
}
