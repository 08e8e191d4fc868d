package org.mixdq4j.core.exec;

import org.mixdq4j.core.tensor.Tensor;

/** Sees values while a model runs. */
public interface Observer {
    /** Whether {@link #observe} should be called for the value of this node or graph input. */
    boolean watches(String id);

    /** The value, valid only during the call: copy what must live longer. Called once per value, in graph order. */
    void observe(String id, Tensor value);

    /** Watches nothing. */
    Observer NONE = new Observer() {
        @Override
        public boolean watches(String id) {
            return false;
        }

        @Override
        public void observe(String id, Tensor value) {
            throw new IllegalStateException("nothing is watched, yet got " + id);
        }
    };
}
