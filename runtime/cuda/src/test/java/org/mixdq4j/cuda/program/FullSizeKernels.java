package org.mixdq4j.cuda.program;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.mixdq4j.core.exec.FloatType;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.graph.Node;
import org.mixdq4j.core.graph.analysis.Boundary;
import org.mixdq4j.core.graph.analysis.RowLayers;
import org.mixdq4j.core.graph.analysis.SplitPoints;
import org.mixdq4j.core.graph.analysis.TextProjections;
import org.mixdq4j.core.graph.op.Linear;
import org.mixdq4j.core.graph.op.ParameterSpec;
import org.mixdq4j.core.io.Json;
import org.mixdq4j.core.lower.Lowering;
import org.mixdq4j.core.lower.Program;
import org.mixdq4j.core.lower.weights.StoredLayers;
import org.mixdq4j.core.network.NetworkShape;
import org.mixdq4j.core.network.Networks;
import org.mixdq4j.core.quant.AffineParams;
import org.mixdq4j.core.quant.InputQuant;
import org.mixdq4j.core.quant.QuantizedLayer;
import org.mixdq4j.core.quant.QuantizedLayers;
import org.mixdq4j.core.quant.Rotation;
import org.mixdq4j.core.quant.Segment;
import org.mixdq4j.core.quant.TokenParams;
import org.mixdq4j.core.quant.WeightCode;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.core.tensor.Tensor;
import org.mixdq4j.core.tensor.WeightSource;
import org.mixdq4j.cuda.device.DeviceInfo;
import org.mixdq4j.cuda.device.Kernel;

/** Kernels that are launched for the networks of SD1.5, SDXL and SD3 at full size, without their weights. */
public final class FullSizeKernels {
    private static final int TOKENS = 77;
    private static final int LONG_TOKENS = 333;

    /**
     * How layers are quantized.
     *
     * @param bits of weights, 16 for floats
     * @param perToken whether Linears quantize each row by its own magnitude, those of one row a sample by weights alone
     * @param weightsAlone whether no input is quantized
     */
    private record Scheme(int bits, int group, boolean perToken, int rotation, boolean weightsAlone) {
        static final Scheme FLOAT = new Scheme(16, 0, false, Rotation.NONE, false);
    }

    private static final List<Scheme> DENOISING = List.of(
            Scheme.FLOAT,
            new Scheme(8, 0, false, Rotation.NONE, false),
            new Scheme(4, 0, false, Rotation.NONE, false),
            new Scheme(4, 32, false, Rotation.NONE, false),
            new Scheme(4, 64, true, Rotation.NONE, false),
            new Scheme(8, 0, true, Rotation.NONE, false),
            new Scheme(8, 0, true, 64, false),
            new Scheme(4, 128, true, Rotation.NONE, false),
            new Scheme(4, 32, false, Rotation.NONE, true));
    private static final List<Scheme> DECODER = List.of(Scheme.FLOAT, new Scheme(8, 0, false, Rotation.NONE, false));
    private static final List<Scheme> ENCODER = List.of(Scheme.FLOAT, new Scheme(8, 0, false, Rotation.NONE, true));

    private record Case(String network, List<NetworkShape> shapes, List<Scheme> schemes, List<FloatType> floats) {}

    private static final List<FloatType> F16 = List.of(FloatType.F16);
    private static final List<FloatType> BOTH = List.of(FloatType.F16, FloatType.BF16);

    private static final List<Case> CASES = List.of(
            new Case("sdxl/unet", predictors(TOKENS), DENOISING, F16),
            new Case("sd3/transformer", predictors(LONG_TOKENS), DENOISING, F16),
            new Case("sd1/unet", predictors(TOKENS), DENOISING, F16),
            new Case("sdxl/vae", decoders(), DECODER, BOTH),
            new Case("sd3/vae", decoders(), DECODER, BOTH),
            new Case("sdxl/text_encoder", List.of(NetworkShape.texts(1)), ENCODER, F16),
            new Case("sdxl/text_encoder_2", List.of(NetworkShape.texts(1)), ENCODER, F16),
            new Case("sd3/text_encoder_3", List.of(new NetworkShape(1, 0, 0, 256)), ENCODER, BOTH));

    private final Map<Shape, Tensor> zeros = new HashMap<>();

    private FullSizeKernels() {}

    private static List<NetworkShape> predictors(int tokens) {
        return List.of(
                new NetworkShape(1, 64, 64, tokens),
                new NetworkShape(2, 64, 64, tokens),
                new NetworkShape(4, 64, 64, tokens),
                new NetworkShape(1, 128, 128, tokens));
    }

    private static List<NetworkShape> decoders() {
        return List.of(NetworkShape.latents(1, 64, 64), NetworkShape.latents(1, 128, 128));
    }

    /** Each once. */
    public static Set<Kernel> of(DeviceInfo info) {
        Set<Kernel> all = new LinkedHashSet<>();
        forEach(info, Integer.MAX_VALUE, (name, program, steps) -> steps.stream()
                .flatMap(step -> step.launches().stream())
                .forEach(launch -> all.add(launch.kernel())));
        return all;
    }

    /** Is told of programs. */
    interface Visitor {
        void see(String name, Program program, List<StepLaunches> steps);
    }

    /** @param most of the sizes, and of the ways to quantize, that each network is lowered for: the first ones */
    static void forEach(DeviceInfo info, int most, Visitor visitor) {
        FullSizeKernels kernels = new FullSizeKernels();
        for (Case one : CASES) {
            for (NetworkShape shape : first(most, one.shapes())) {
                Graph graph = Networks.build(config(one.network()), shape);
                for (Scheme scheme : first(most, one.schemes())) {
                    for (FloatType floats : one.floats()) {
                        kernels.plan(one.network() + " " + floats + " " + scheme, graph, scheme, floats, info, visitor);
                    }
                }
            }
        }
    }

    private static <T> List<T> first(int most, List<T> all) {
        return all.subList(0, Math.min(most, all.size()));
    }

    private static JsonNode config(String network) {
        String name = "/org/mixdq4j/core/network/source/family/" + network + "/config.json";
        try (InputStream in = Networks.class.getResourceAsStream(name)) {
            return Json.mapper().readTree(in);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void plan(String name, Graph graph, Scheme scheme, FloatType floats, DeviceInfo info, Visitor visitor) {
        StoredLayers layers = new StoredLayers(new Zeros(graph), layers(graph, scheme));
        layers.check(graph);
        Program program = Lowering.lower(graph, layers::form, Set.of(), new CudaTarget(floats));
        visitor.see(name, program, StepLaunches.of(program, layers, info));
    }

    private QuantizedLayers layers(Graph graph, Scheme scheme) {
        if (scheme.bits() == 16) {
            return QuantizedLayers.NONE;
        }
        Set<String> left = new LinkedHashSet<>();
        if (!scheme.weightsAlone()) {
            left.addAll(Boundary.of(graph).first());
            left.addAll(Boundary.of(graph).last());
        }
        Map<String, QuantizedLayer> layers = new LinkedHashMap<>();
        for (Node node : graph.layers()) {
            if (!left.contains(node.id())) {
                layers.put(node.id(), layer(graph, node, scheme));
            }
        }
        return QuantizedLayers.of(layers);
    }

    private QuantizedLayer layer(Graph graph, Node node, Scheme scheme) {
        boolean linear = node.op() instanceof Linear;
        boolean byToken = scheme.perToken() && linear;
        boolean floatInput = scheme.weightsAlone()
                || scheme.perToken() && RowLayers.of(graph).contains(node.id());
        InputQuant input = byToken ? new TokenParams(8) : AffineParams.ofRange(-4, 4, 8);
        Shape whole = node.op().parameters().get(0).shape();
        List<Integer> edges = new ArrayList<>(List.of(0));
        if (!byToken) {
            edges.addAll(SplitPoints.of(graph).getOrDefault(node.id(), List.of()));
        }
        edges.add(node.layer().inputs());
        List<Segment> segments = new ArrayList<>();
        for (int i = 0; i + 1 < edges.size(); i++) {
            int[] extents = new int[whole.rank()];
            for (int axis = 0; axis < extents.length; axis++) {
                extents[axis] = axis == 1 ? edges.get(i + 1) - edges.get(i) : whole.dim(axis);
            }
            Shape shape = Shape.of(extents);
            segments.add(new Segment(
                    edges.get(i),
                    edges.get(i + 1),
                    zeros.computeIfAbsent(shape, any -> Tensor.zeros(DType.I8, any)),
                    new float[shape.dim(0)],
                    code(shape, scheme),
                    floatInput ? Optional.empty() : Optional.of(input)));
        }
        boolean bos = !scheme.perToken() && TextProjections.of(graph).contains(node.id());
        int rotation = linear && !floatInput && node.layer().inputs() % Math.max(1, scheme.rotation()) == 0
                ? scheme.rotation()
                : Rotation.NONE;
        Optional<Tensor> bias =
                node.layer().bias() ? Optional.of(Tensor.zeros(DType.F32, Shape.of(whole.dim(0)))) : Optional.empty();
        return new QuantizedLayer(segments, bias, bos, Optional.empty(), rotation);
    }

    private static WeightCode code(Shape shape, Scheme scheme) {
        if (scheme.group() == 0) {
            return WeightCode.plain(scheme.bits());
        }
        int width = Math.toIntExact(shape.elements() / shape.dim(0));
        byte[] multipliers = new byte[shape.dim(0) * ((width + scheme.group() - 1) / scheme.group())];
        Arrays.fill(multipliers, (byte) 1);
        return new WeightCode(scheme.bits(), scheme.group(), multipliers);
    }

    /** Parameters of a graph that nobody reads. */
    private static final class Zeros implements WeightSource {
        private final Map<String, Shape> shapes = new LinkedHashMap<>();

        Zeros(Graph graph) {
            for (Node node : graph.nodes()) {
                for (ParameterSpec spec : node.op().parameters()) {
                    shapes.put(node.parameterName(spec), spec.shape());
                }
            }
        }

        @Override
        public Set<String> names() {
            return shapes.keySet();
        }

        @Override
        public Tensor tensor(String name) {
            return Tensor.zeros(DType.F16, shapes.get(name));
        }

        @Override
        public DType dtype(String name) {
            return DType.F16;
        }

        @Override
        public Shape shape(String name) {
            return shapes.get(name);
        }
    }
}
