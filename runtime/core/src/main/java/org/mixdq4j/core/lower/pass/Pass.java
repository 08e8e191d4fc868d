package org.mixdq4j.core.lower.pass;

import org.mixdq4j.core.lower.Draft;
import org.mixdq4j.core.lower.Target;

/** A rewriting that leaves what a program computes as it is, to the bit where floats are F32. */
public interface Pass {
    Draft apply(Draft draft, Target target);
}
