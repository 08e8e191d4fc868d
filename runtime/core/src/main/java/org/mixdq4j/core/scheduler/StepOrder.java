package org.mixdq4j.core.scheduler;

/** Watches that a trajectory that remembers earlier steps is given them one after the other. */
final class StepOrder {
    private int due = -1;

    /** Notes that a step is taken. @return whether a trajectory begins with it, so that nothing may be remembered */
    boolean begins(int step) {
        boolean begins = step == 0 || due < 0;
        if (!begins && step != due) {
            throw new IllegalStateException(
                    "step " + step + " of a multistep trajectory was asked for where step " + due + " is due");
        }
        due = step + 1;
        return begins;
    }

    /** The same where every odd step is the second stage of the one before. */
    void stage(int step) {
        if (begins(step) && step % 2 != 0) {
            throw new IllegalStateException("step " + step + " is a second stage; begin with the step before");
        }
    }
}
