package org.mixdq4j.cpu.attention;

/**
 * Loops over a row, one after the other. They are objects of classes of their own, all called from this one place, so that
 * the compiler leaves them apart: together they are more than it inlines, and vectors become objects where it stops.
 */
final class Passes {
    /** One loop. */
    interface Pass {
        void over(Slot slot, Row row);
    }

    private final Pass[] passes;

    Passes(Pass... passes) {
        this.passes = passes;
    }

    void over(Slot slot) {
        for (Pass pass : passes) {
            pass.over(slot, slot.row);
        }
    }
}
