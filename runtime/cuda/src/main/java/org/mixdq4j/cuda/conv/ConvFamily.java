package org.mixdq4j.cuda.conv;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.WeakHashMap;
import java.util.concurrent.ConcurrentHashMap;
import org.mixdq4j.core.graph.op.Conv2d;
import org.mixdq4j.core.lower.View;
import org.mixdq4j.core.lower.step.Epilogue;
import org.mixdq4j.core.lower.step.Product;
import org.mixdq4j.core.lower.step.Step;
import org.mixdq4j.core.lower.weights.StoredLayers;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.cuda.bind.Binder;
import org.mixdq4j.cuda.bind.Family;
import org.mixdq4j.cuda.device.Arguments;
import org.mixdq4j.cuda.device.Kernel;
import org.mixdq4j.cuda.device.TensorMap;
import org.mixdq4j.cuda.device.host.Twin;
import org.mixdq4j.cuda.finish.Finish;

/**
 * Convolutions of levels by integers and of halves by halves, of one input or two beside each other. Refuses channels that are
 * no multiple of 16 bytes, and windows of levels that reach further out than one pixel. Windows of one pixel of one input are
 * rows, which others multiply faster.
 */
public final class ConvFamily implements Family {
    private static final int CHUNK = 16;
    private static final int WIDE = 8;
    private static final int MOST_ROWS = 65535;

    private final Map<StoredLayers, Map<String, List<Integer>>> groups =
            Collections.synchronizedMap(new WeakHashMap<>());

    @Override
    public boolean plan(Step step, Binder binder) {
        if (!(step instanceof Product product) || !(product.op() instanceof Conv2d conv) || !takes(product, conv)) {
            return false;
        }
        Finish finish = Finish.of(product.then(), product.outputs());
        if (!finish.fits() || finish.perToken()) {
            return false;
        }
        ConvShape shape = shape(product, conv, finish);
        ConvTile tile = ConvTiles.choose(shape, binder.info());
        if (tile.pixelTiles(shape) > MOST_ROWS) {
            return false;
        }
        List<Integer> grouped = ConvWeights.groups(
                product, binder, groups.computeIfAbsent(binder.layers(), any -> new ConcurrentHashMap<>()));
        Storage storage = Storage.of(tile.wgmma(), least(grouped), count(shape));
        ConvWeights weights = new ConvWeights(product, binder, storage, grouped);
        boolean packed = storage == Storage.CODES;
        String prefix = tile.wgmma() ? "conv." : "";
        Arguments arguments = new Arguments(tile.wgmma() ? ConvLayout.TILED : ConvLayout.PLAIN);
        Shape in = product.inputs().get(0).from().shape();
        arguments
                .pointer(prefix + "bias", weights.bias())
                .s32(prefix + "batch", shape.batch())
                .s32(prefix + "height", in.dim(1))
                .s32(prefix + "width", in.dim(2))
                .s32(prefix + "outHeight", shape.outHeight())
                .s32(prefix + "outWidth", shape.outWidth())
                .s32(prefix + "outputs", shape.outputs())
                .s32(prefix + "top", conv.padding().top())
                .s32(prefix + "left", conv.padding().left());
        segments(product, shape, tile, weights, storage, binder, arguments);
        finish.write(arguments, prefix + "finish", binder);
        boolean cluster = tile.splits() > 1 && binder.info().clusters();
        if (tile.splits() > 1 && !cluster) {
            long sums = tile.tiles(shape) * tile.bm() * tile.bn() * Integer.BYTES;
            arguments
                    .scratch("workspace", binder.scratch(sums * tile.splits()))
                    .pointer("tickets", binder.zeroed(tile.tiles(shape) * Integer.BYTES));
        }
        binder.launch(
                kernel(tile, shape, storage, cluster, finish.defines()),
                tile.geometry(shape, packed, binder.info()),
                arguments);
        return true;
    }

    private static void segments(
            Product product,
            ConvShape shape,
            ConvTile tile,
            ConvWeights weights,
            Storage storage,
            Binder binder,
            Arguments arguments) {
        long area = storage == Storage.UNPACKED ? Unpack.area(shape, binder) : 0;
        int first = ConvTiles.firstSplits(tile, shape);
        int from = 0;
        for (int i = 0; i < shape.bytes().size(); i++) {
            View view = product.inputs().get(i).from();
            DType type = view.value().type();
            int to = from + view.columns();
            String segment = (tile.wgmma() ? "conv." : "") + "segment[" + i + "].";
            long weight = area;
            if (storage == Storage.UNPACKED) {
                Unpack.launch(shape, i, weights, area, binder);
                area += Unpack.size(shape, i);
            } else {
                weight = product.integer() ? weights.integers(i) : weights.halves(i, from, to, type);
            }
            arguments
                    .s32(segment + "bytes", shape.bytes().get(i))
                    .s32(segment + "splits", i == 0 ? first : tile.splits() - first);
            if (product.integer()) {
                arguments
                        .pointer(segment + "scale", weights.scales(i))
                        .pointer(segment + "correction", weights.corrections(i));
            }
            if (tile.wgmma()) {
                arguments
                        .map("input[" + i + "]", inputMap(binder.address(view), view, shape, tile))
                        .map("weight[" + i + "]", weightMap(weight, shape, i, tile));
            } else {
                arguments
                        .pointer(segment + "input", binder.address(view))
                        .pointer(segment + "weight", weight)
                        .s64(segment + "pitch", view.rowStride() * type.bytes());
            }
            from = to;
        }
        if (tile.wgmma()) {
            arguments
                    .s32("tileWidthLog2", log2(tile.width(shape.outWidth())))
                    .s32("tileHeightLog2", log2(tile.height(shape.outWidth(), shape.outHeight())));
        }
    }

    private static int log2(int power) {
        return Integer.numberOfTrailingZeros(power);
    }

    private static TensorMap inputMap(long address, View view, ConvShape shape, ConvTile tile) {
        int bytes = view.value().type().bytes();
        long height = view.shape().dim(1);
        long width = view.shape().dim(2);
        long pitch = view.rowStride() * bytes;
        int stride = shape.stride();
        return new TensorMap(
                address,
                List.of((long) view.columns() * bytes, width, height, (long) shape.batch()),
                List.of(pitch, pitch * width, pitch * width * height),
                List.of(
                        tile.bk(),
                        tile.width(shape.outWidth()) * stride,
                        tile.height(shape.outWidth(), shape.outHeight()) * stride,
                        tile.images(shape.outWidth(), shape.outHeight())),
                List.of(1, stride, stride, 1));
    }

    private static TensorMap weightMap(long address, ConvShape shape, int segment, ConvTile tile) {
        long bytes = shape.bytes().get(segment);
        return new TensorMap(
                address,
                List.of(bytes, (long) shape.taps(), (long) shape.outputs()),
                List.of(bytes, bytes * shape.taps()),
                List.of(tile.bk(), 1, tile.bn()),
                List.of(1, 1, 1));
    }

    static Kernel kernel(ConvTile tile, ConvShape shape, Storage storage, boolean cluster, Map<String, Object> finish) {
        Map<String, Object> defines = new TreeMap<>(tile.defines());
        defines.putAll(finish);
        defines.put("KERNEL", shape.kernel());
        defines.put("STRIDE", shape.stride());
        defines.put("SEGMENTS", shape.bytes().size());
        defines.put("ELEMENTS", shape.elements());
        if (tile.wgmma()) {
            defines.put("UNPACKED", storage == Storage.UNPACKED ? 1 : 0);
            return new Kernel("conv_wgmma.cu", "convWgmma", defines, ConvLayout.TILED).specialized();
        }
        defines.put("EACH", shape.each());
        defines.put("W4", storage == Storage.CODES ? 1 : 0);
        defines.put("CLUSTER", cluster ? tile.splits() : 1);
        return new Kernel("conv_mma.cu", "convMma", defines, ConvLayout.PLAIN);
    }

    /** Twins of all kernels, by entry. */
    public static Map<String, Twin> twins() {
        return Map.of("convMma", new ConvTwin(), "convWgmma", new ConvTwin(), "convUnpack", new Unpack.UnpackTwin());
    }

    /** A group that stands for all: negative if one is; none only if all have none. */
    private static int least(List<Integer> groups) {
        int most = 0;
        for (int group : groups) {
            if (group < 0) {
                return group;
            }
            most = Math.max(most, group);
        }
        return most;
    }

    private static long count(ConvShape shape) {
        return (long) shape.outputs() * shape.taps() * shape.allBytes();
    }

    /** Kernels that may be launched: each tile, and each option and ending at least once. */
    public static List<Kernel> variants() {
        return Variants.all();
    }

    private static ConvShape shape(Product product, Conv2d conv, Finish finish) {
        Shape in = product.inputs().get(0).from().shape();
        Shape out = conv.outputShape(List.of(Shape.of(in.dim(0), conv.inputs(), in.dim(1), in.dim(2))));
        List<Integer> bytes = new ArrayList<>();
        for (Product.Operand operand : product.inputs()) {
            View view = operand.from();
            bytes.add(view.columns() * view.value().type().bytes());
        }
        DType type = product.inputs().get(0).from().value().type();
        return new ConvShape(
                in.dim(0),
                out.dim(2),
                out.dim(3),
                conv.outputs(),
                conv.kernelHeight(),
                conv.stride(),
                bytes,
                product.integer() ? 0 : Finish.type(type),
                finish.vectors(WIDE) && conv.outputs() % WIDE == 0 ? WIDE : 1);
    }

    private static boolean takes(Product product, Conv2d conv) {
        List<View> inputs = product.inputs().stream().map(Product.Operand::from).toList();
        DType type = inputs.get(0).value().type();
        boolean rows = conv.kernelHeight() == 1 && conv.stride() == 1 && (inputs.size() == 1 || !product.integer());
        return conv.kernelHeight() == conv.kernelWidth()
                && !rows
                && inputs.size() <= ConvLayout.SEGMENTS
                && product.layers().size() == 1
                && product.then().stream().noneMatch(Epilogue.GeGlu.class::isInstance)
                && (product.integer() ? reachesLittle(conv) : type == DType.F16 || type == DType.BF16)
                && inputs.stream().allMatch(view -> view.value().type() == type && wide(view));
    }

    /** Whether sums of weights of taps inside are in the table of corrections. */
    private static boolean reachesLittle(Conv2d conv) {
        Conv2d.Padding padding = conv.padding();
        int most = Math.max(Math.max(padding.top(), padding.bottom()), Math.max(padding.left(), padding.right()));
        return most == 0 || conv.kernelHeight() == 3 && most == 1;
    }

    /** Whether pixels can be copied by 16 bytes. */
    private static boolean wide(View view) {
        int bytes = view.value().type().bytes();
        return view.columns() * bytes % CHUNK == 0
                && view.offset() * bytes % CHUNK == 0
                && view.rowStride() * bytes % CHUNK == 0;
    }
}
