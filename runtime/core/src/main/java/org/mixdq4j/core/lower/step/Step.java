package org.mixdq4j.core.lower.step;

import java.util.List;
import org.mixdq4j.core.lower.View;

/**
 * One pass over memory: reads views, computes, writes views. Views that a step writes never overlap what it reads, except
 * where an {@link Epilogue.Add} reads exactly what is overwritten.
 */
public sealed interface Step permits Attend, Load, Move, Normalize, Other, Pointwise, Product {
    /** For people: the id of the last graph node whose work this step does. */
    String id();

    /** All views that are read, epilogues' operands included. */
    List<View> reads();

    /** All views that are written. */
    List<View> writes();
}
