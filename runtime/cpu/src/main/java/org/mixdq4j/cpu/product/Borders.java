package org.mixdq4j.cpu.product;

import static org.bytedeco.dnnl.global.dnnl.*;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.dnnl.dnnl_memory_desc;
import org.mixdq4j.core.graph.op.Conv2d;
import org.mixdq4j.core.lower.View;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.cpu.onednn.NativeMemory;
import org.mixdq4j.cpu.onednn.Primitive;
import org.mixdq4j.cpu.onednn.Resources;
import org.mixdq4j.cpu.session.Arena;

/**
 * Images with their border of zero points in memory. Without one, oneDNN corrects the zero point at the edges by a sum over
 * the weights for each way a kernel can reach beyond them, at every run; to copy the bytes into a border takes less unless the
 * image is large and the weights are few. Convolutions of one size share the memory: the border stays, the inside is copied.
 */
public final class Borders implements AutoCloseable {
    private static final Conv2d.Padding NONE = Conv2d.Padding.same(0);

    private final Resources resources = new Resources();
    private final Map<List<Object>, NativeMemory> images = new HashMap<>();

    /** @param op of the image with its border. @param fill copies the image inside, before each run; the caller's to release */
    record Bordered(Conv2d op, NativeMemory memory, Primitive fill) {}

    /** @return empty where it does not pay. @param weights bytes of them */
    synchronized Optional<Bordered> of(ImageForm form, View from, int zeroPoint, long weights, Arena arena) {
        Conv2d.Padding padding = form.op().padding();
        Shape inside = from.shape();
        int height = inside.dim(1) + padding.top() + padding.bottom();
        int width = inside.dim(2) + padding.left() + padding.right();
        int channels = inside.dim(3);
        Shape shape = Shape.of(inside.dim(0), height, width, channels);
        if (padding.equals(NONE) || shape.elements() > weights) {
            return Optional.empty();
        }
        NativeMemory memory = images.computeIfAbsent(
                List.of(shape, zeroPoint, padding),
                any -> resources.add(NativeMemory.filled(layout(shape, shape), zeroPoint)));
        NativeMemory part = resources.add(NativeMemory.detached(layout(inside, shape)));
        part.attach(memory.addressValue() + ((long) padding.top() * width + padding.left()) * channels);
        NativeMemory source = resources.add(NativeMemory.detached(ImageForm.image(from)));
        source.attach(arena.address(from));
        Primitive fill = Primitive.reorder(source, part, true, null, new Primitive.Binding());
        Conv2d op = form.op();
        Conv2d bare = new Conv2d(
                op.inputs(), op.outputs(), op.kernelHeight(), op.kernelWidth(), op.stride(), NONE, op.bias());
        return Optional.of(new Bordered(bare, memory, fill));
    }

    /** @param all extents of the image that the part lies in */
    private static dnnl_memory_desc layout(Shape part, Shape all) {
        long channels = all.dim(3);
        long row = channels * all.dim(2);
        long[] dims = {part.dim(0), part.dim(3), part.dim(1), part.dim(2)};
        return NativeMemory.strided(dnnl_u8, dims, row * all.dim(1), 1, row, channels);
    }

    @Override
    public void close() {
        resources.close();
    }
}
