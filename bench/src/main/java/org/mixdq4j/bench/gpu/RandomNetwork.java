package org.mixdq4j.bench.gpu;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.graph.Node;
import org.mixdq4j.core.graph.analysis.RowLayers;
import org.mixdq4j.core.graph.op.Linear;
import org.mixdq4j.core.graph.op.ParameterSpec;
import org.mixdq4j.core.io.Json;
import org.mixdq4j.core.network.NetworkShape;
import org.mixdq4j.core.network.Networks;
import org.mixdq4j.core.quant.AffineParams;
import org.mixdq4j.core.quant.InputQuant;
import org.mixdq4j.core.quant.LayerForm;
import org.mixdq4j.core.quant.QuantizedLayer;
import org.mixdq4j.core.quant.QuantizedLayers;
import org.mixdq4j.core.quant.Segment;
import org.mixdq4j.core.quant.TokenParams;
import org.mixdq4j.core.quant.WeightCode;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.core.tensor.HalfFloats;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.core.tensor.Tensor;
import org.mixdq4j.core.tensor.WeightSource;

/**
 * A network of a real one's size with random weights, made as they are asked for. Values stay about as large as a trained
 * network's; pictures mean nothing.
 */
final class RandomNetwork {
    /** Numbers that all tensors are cut from. */
    private static final int POOL = 1 << 20;

    private static final int CHUNK = 1 << 16;

    private static final AffineParams FIXED = AffineParams.ofRange(-4, 4, 8);

    private final JsonNode config;
    private final float[] normal = new float[POOL];
    private final byte[] bytes = new byte[POOL];

    private RandomNetwork(JsonNode config) {
        this.config = config;
        Random random = new Random(1);
        for (int i = 0; i < POOL; i++) {
            normal[i] = (float) random.nextGaussian();
        }
        random.nextBytes(bytes);
    }

    /** @param network such as {@code sdxl/unet} */
    static RandomNetwork of(String network) {
        String name = "/org/mixdq4j/core/network/source/family/" + network + "/config.json";
        try (InputStream in = Networks.class.getResourceAsStream(name)) {
            return new RandomNetwork(Json.mapper().readTree(in));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    Graph graph(NetworkShape shape) {
        return Networks.build(config, shape);
    }

    /** Parameters in F16. */
    WeightSource weights(Graph graph) {
        Map<String, Shape> shapes = new LinkedHashMap<>();
        Map<String, Float> deviations = new LinkedHashMap<>();
        for (Node node : graph.nodes()) {
            for (ParameterSpec spec : node.op().parameters()) {
                String name = node.parameterName(spec);
                shapes.put(name, spec.shape());
                boolean weight = spec.suffix().equals("weight");
                double inputs = node.isLayer() && weight
                        ? (double) spec.shape().elements() / spec.shape().dim(0)
                        : 2500;
                boolean norm = !node.isLayer() && spec.shape().rank() == 1;
                // 0: all ones, as of norms.
                deviations.put(name, norm && weight ? 0f : (float) (1 / Math.sqrt(inputs)));
            }
        }
        return new Source(shapes, deviations);
    }

    private final class Source implements WeightSource {
        private final Map<String, Shape> shapes;
        private final Map<String, Float> deviations;

        Source(Map<String, Shape> shapes, Map<String, Float> deviations) {
            this.shapes = shapes;
            this.deviations = deviations;
        }

        @Override
        public Set<String> names() {
            return shapes.keySet();
        }

        @Override
        public Tensor tensor(String name) {
            Tensor tensor = Tensor.zeros(DType.F16, shapes.get(name));
            ByteBuffer halves = tensor.buffer();
            float deviation = deviations.get(name);
            int start = Math.floorMod(name.hashCode(), POOL);
            int count = Math.toIntExact(tensor.shape().elements());
            IntStream.range(0, (count + CHUNK - 1) / CHUNK).parallel().forEach(chunk -> {
                for (int i = chunk * CHUNK; i < Math.min(count, (chunk + 1) * CHUNK); i++) {
                    float number = deviation == 0 ? 1 : deviation * normal[(start + i) & (POOL - 1)];
                    halves.putShort(i * Short.BYTES, HalfFloats.toF16(number));
                }
            });
            return tensor;
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

    /**
     * All layers in integers but the first and last convolution; those of one row a sample by their weights alone.
     *
     * @param bits of weights
     * @param tokens whether Linears quantize each row by its own magnitude
     */
    QuantizedLayers layers(Graph graph, int bits, boolean tokens) {
        Set<String> rows = RowLayers.of(graph);
        Set<String> outputs = Set.copyOf(graph.outputs().values());
        Map<String, Node> nodes = graph.layers().stream()
                .filter(node -> node.op() instanceof Linear || !outputs.contains(node.id()) && !readsInput(node, graph))
                .collect(Collectors.toMap(Node::id, node -> node, (a, b) -> a, LinkedHashMap::new));
        return QuantizedLayers.of(
                new LinkedHashSet<>(nodes.keySet()),
                id -> layer(nodes.get(id), bits, input(nodes.get(id), rows, tokens), bos(nodes.get(id), graph, tokens)),
                id -> new LayerForm(
                        List.of(new LayerForm.Part(0, inputs(nodes.get(id)), input(nodes.get(id), rows, tokens))),
                        bits,
                        bos(nodes.get(id), graph, tokens),
                        Optional.empty()));
    }

    private static boolean readsInput(Node node, Graph graph) {
        return node.inputs().stream().anyMatch(graph.inputs()::containsKey);
    }

    /** Of projections of the text, the first token's row stays in float. */
    private static boolean bos(Node node, Graph graph, boolean tokens) {
        return !tokens
                && node.op() instanceof Linear
                && readsInput(node, graph)
                && graph.shape(node.inputs().get(0)).rank() == 3;
    }

    private static Optional<InputQuant> input(Node node, Set<String> rows, boolean tokens) {
        if (rows.contains(node.id())) {
            return Optional.empty();
        }
        return Optional.of(tokens && node.op() instanceof Linear ? new TokenParams(8) : FIXED);
    }

    private static Shape weightShape(Node node) {
        return node.op().parameters().stream()
                .filter(spec -> spec.suffix().equals("weight"))
                .findFirst()
                .orElseThrow()
                .shape();
    }

    private static int inputs(Node node) {
        return weightShape(node).dim(1);
    }

    private QuantizedLayer layer(Node node, int bits, Optional<InputQuant> input, boolean bos) {
        Shape shape = weightShape(node);
        Tensor weight = Tensor.zeros(DType.I8, shape);
        ByteBuffer buffer = weight.buffer();
        int start = Math.floorMod(node.id().hashCode(), POOL);
        int shift = 8 - bits;
        int limit = (1 << bits - 1) - 1;
        int count = buffer.limit();
        IntStream.range(0, (count + CHUNK - 1) / CHUNK).parallel().forEach(chunk -> {
            for (int i = chunk * CHUNK; i < Math.min(count, (chunk + 1) * CHUNK); i++) {
                buffer.put(i, (byte) Math.max(-limit, bytes[(start + i) & (POOL - 1)] >> shift));
            }
        });
        float[] scale = new float[shape.dim(0)];
        double inputs = (double) shape.elements() / shape.dim(0);
        // Whole numbers spread evenly over [-limit, limit] have a deviation of limit / sqrt(3).
        Arrays.fill(scale, (float) (Math.sqrt(3 / inputs) / limit));
        Segment segment = new Segment(0, shape.dim(1), weight, scale, WeightCode.plain(bits), input);
        boolean biased =
                node.op().parameters().stream().anyMatch(spec -> spec.suffix().equals("bias"));
        Optional<Tensor> bias =
                biased ? Optional.of(Tensor.zeros(DType.F32, Shape.of(shape.dim(0)))) : Optional.empty();
        return new QuantizedLayer(List.of(segment), bias, bos);
    }
}
