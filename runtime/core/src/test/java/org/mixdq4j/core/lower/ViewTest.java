package org.mixdq4j.core.lower;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.core.tensor.Shape;

/** Views name the elements they should, in the order they should. */
class ViewTest {
    private static final Value IMAGE = new Value("x", Shape.of(2, 3, 4, 5), DType.F32);

    @Test
    void channelsLastIsAnImageAndASequence() {
        View image = View.of(IMAGE).transpose(List.of(0, 3, 1, 2));
        assertThat(image.shape()).isEqualTo(Shape.of(2, 5, 3, 4));
        assertThat(image.isMatrix()).isFalse();
        View tokens =
                image.transpose(List.of(0, 2, 3, 1)).reshape(Shape.of(2, 12, 5)).orElseThrow();
        assertThat(tokens.isDense()).isTrue();
        assertThat(image.transposeBack(List.of(0, 3, 1, 2))).isEqualTo(View.of(IMAGE));
    }

    @Test
    void someColumnsAreAMatrixWithDistance() {
        View part = View.of(IMAGE).slice(-1, 1, 4);
        assertThat(part.isMatrix()).isTrue();
        assertThat(part.isDense()).isFalse();
        assertThat(part.rowStride()).isEqualTo(5);
        assertThat(part.rows()).isEqualTo(24);
        assertThat(part.reshape(Shape.of(24, 3)).orElseThrow().rowStride()).isEqualTo(5);
        assertThat(part.reshape(Shape.of(72))).isEmpty();
    }

    @Test
    void rowsOfSomeTokensAreAMatrixForOneSampleOnly() {
        assertThat(tokens(1).slice(1, 2, 5).isMatrix()).isTrue();
        assertThat(tokens(2).slice(1, 2, 5).isMatrix()).isFalse();
    }

    @Test
    void repeatsWhatIsBroadcast() {
        View row = View.of(new Value("r", Shape.of(1, 3), DType.F32)).expand(Shape.of(2, 4, 3));
        assertThat(elements(row).subList(0, 6)).containsExactly(0L, 1L, 2L, 0L, 1L, 2L);
        assertThat(row.isMatrix()).isTrue();
        assertThat(row.rowStride()).isZero();
    }

    @Test
    void reshapesExactlyWhereStridesAllow() {
        Random random = new Random(3);
        int possible = 0;
        for (int i = 0; i < 2000; i++) {
            View view = randomView(random);
            List<Integer> dims = new ArrayList<>(List.of(1));
            for (int dim : view.shape().toArray()) {
                for (int factor : dim == 6 ? new int[] {2, 3} : new int[] {dim}) {
                    if (random.nextBoolean()) {
                        dims.add(factor);
                    } else {
                        dims.set(dims.size() - 1, dims.get(dims.size() - 1) * factor);
                    }
                }
            }
            Shape to = Shape.of(dims.stream().mapToInt(Integer::intValue).toArray());
            if (view.reshape(to).isPresent()) {
                possible++;
                assertThat(elements(view.reshape(to).get())).isEqualTo(elements(view));
            } else {
                assertThat(view.isDense()).isFalse();
            }
        }
        assertThat(possible).isBetween(500, 1900);
    }

    @Test
    void refusesWhatLiesOutside() {
        assertThatThrownBy(() -> new View(IMAGE, Shape.of(2, 60), 1, List.of(60L, 1L)))
                .hasMessageContaining("a view of elements 1 to 120");
    }

    private static View tokens(int batch) {
        return View.of(new Value("t", Shape.of(batch, 7, 3), DType.F32));
    }

    private static View randomView(Random random) {
        int[] dims = {1 + random.nextInt(3), 6, 1 + random.nextInt(2), 2 + random.nextInt(2)};
        View view = View.of(new Value("v", Shape.of(dims), DType.F32));
        if (random.nextInt(3) == 0) {
            List<Integer> order = new ArrayList<>(List.of(0, 1, 2, 3));
            Collections.shuffle(order, random);
            view = view.transpose(order);
        }
        if (random.nextInt(3) == 0) {
            int axis = random.nextInt(4);
            view = view.slice(axis, view.shape().dim(axis) - 1, view.shape().dim(axis));
        }
        return view;
    }

    private static List<Long> elements(View view) {
        List<Long> found = new ArrayList<>();
        walk(view, 0, view.offset(), found);
        return found;
    }

    private static void walk(View view, int axis, long element, List<Long> found) {
        if (axis == view.shape().rank()) {
            found.add(element);
            return;
        }
        for (int i = 0; i < view.shape().dim(axis); i++) {
            walk(view, axis + 1, element + i * view.strides().get(axis), found);
        }
    }
}
