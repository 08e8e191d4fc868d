package org.mixdq4j.cpu.layerwise;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.nio.ByteBuffer;
import org.mixdq4j.core.quant.Segment;
import org.mixdq4j.core.quant.WeightCode;
import org.mixdq4j.cpu.packed.Multipliers;
import org.mixdq4j.cpu.packed.PackedIntegers;
import org.mixdq4j.cpu.packed.RowMultipliers;
import org.mixdq4j.torch.array.TensorBridge;
import org.mixdq4j.torch.simulate.SegmentWeight;

/** Integer weights under a float input: large ones of fewer than 8 bits in the bits of their codes, others as bytes. */
final class PackedWeight {
    private PackedWeight() {}

    /** @param manager owns what is held */
    static SegmentWeight of(Segment segment, NDManager manager) {
        WeightCode code = segment.code();
        if (!PackedIntegers.worthwhile(segment.weight().shape().elements(), code)) {
            return SegmentWeight.bytes(segment, manager);
        }
        PackedIntegers packed = PackedIntegers.pack(
                        segment.weight().buffer(), code.bits(), multipliers(segment, manager), bytes -> manager.create(
                                        new Shape(bytes), DataType.INT8)
                                .toByteBuffer(true))
                .orElseThrow(() -> new IllegalArgumentException(
                        "integers that are no codes of " + code.bits() + " bits in " + segment.weight()));
        Shape shape = TensorBridge.shape(segment.weight().shape());
        SegmentWeight.Integers expanded = scratch -> {
            NDArray integers = scratch.create(shape, DataType.INT8);
            packed.expand(integers.toByteBuffer(true));
            return integers;
        };
        return SegmentWeight.of(expanded, segment, manager);
    }

    private static Multipliers multipliers(Segment segment, NDManager manager) {
        WeightCode code = segment.code();
        if (code.group() == 0) {
            return Multipliers.NONE;
        }
        byte[] bytes = code.multipliers();
        NDArray held = manager.create(new Shape(bytes.length), DataType.INT8);
        ByteBuffer buffer = held.toByteBuffer(true);
        buffer.put(0, bytes);
        int rows = segment.weightScale().length;
        return new RowMultipliers(buffer, rows, (int) (segment.weight().shape().elements() / rows), code.group());
    }
}
