package org.mixdq4j.core.lower.step;

import java.util.ArrayList;
import java.util.List;
import org.mixdq4j.core.lower.View;

/** Views that lists of outputs write. */
final class Outputs {
    private Outputs() {}

    static List<View> views(List<Output> outputs) {
        List<View> views = new ArrayList<>();
        for (Output output : outputs) {
            views.add(output.to());
            if (output instanceof Output.Levels levels) {
                levels.rowScales().ifPresent(views::add);
            }
        }
        return views;
    }
}
