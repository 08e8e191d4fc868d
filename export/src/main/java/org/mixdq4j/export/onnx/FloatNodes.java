package org.mixdq4j.export.onnx;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.LongStream;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.graph.Node;
import org.mixdq4j.core.graph.op.Activate;
import org.mixdq4j.core.graph.op.Add;
import org.mixdq4j.core.graph.op.Attention;
import org.mixdq4j.core.graph.op.Broadcast;
import org.mixdq4j.core.graph.op.Concat;
import org.mixdq4j.core.graph.op.Conv2d;
import org.mixdq4j.core.graph.op.Embedding;
import org.mixdq4j.core.graph.op.GeGlu;
import org.mixdq4j.core.graph.op.GroupNorm;
import org.mixdq4j.core.graph.op.L2Normalize;
import org.mixdq4j.core.graph.op.LayerNorm;
import org.mixdq4j.core.graph.op.Linear;
import org.mixdq4j.core.graph.op.MatMul;
import org.mixdq4j.core.graph.op.Mul;
import org.mixdq4j.core.graph.op.Op;
import org.mixdq4j.core.graph.op.Parameter;
import org.mixdq4j.core.graph.op.PoolToken;
import org.mixdq4j.core.graph.op.RelativeBias;
import org.mixdq4j.core.graph.op.Reshape;
import org.mixdq4j.core.graph.op.RmsNorm;
import org.mixdq4j.core.graph.op.Slice;
import org.mixdq4j.core.graph.op.TimestepEmbedding;
import org.mixdq4j.core.graph.op.Transpose;
import org.mixdq4j.core.graph.op.UpsampleNearest;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.core.tensor.WeightSource;

/** Each op in float as ONNX operators of opset {@value OnnxExport#OPSET}. */
final class FloatNodes {
    private static final float QUICK_GELU_SLOPE = 1.702f;

    private final Graph graph;
    private final WeightSource weights;
    private final OnnxGraph onnx;

    FloatNodes(Graph graph, WeightSource weights, OnnxGraph onnx) {
        this.graph = graph;
        this.weights = weights;
        this.onnx = onnx;
    }

    /**
     * Adds what computes a node.
     *
     * @param in names of what it reads
     * @param out name of its value, claimed
     * @return name of its value: {@code out}, but for a stored tensor
     */
    String add(Node node, List<String> in, String out) {
        Op op = node.op();
        if (op instanceof Add) {
            return onnx.addNamed("Add", out, in);
        } else if (op instanceof Mul) {
            return onnx.addNamed("Mul", out, in);
        } else if (op instanceof Activate activate) {
            return activate(activate.function(), in.get(0), out);
        } else if (op instanceof GeGlu) {
            return geGlu(node, in.get(0), out);
        } else if (op instanceof Linear linear) {
            String weight = onnx.tensor(
                    node.id() + ".weight",
                    OnnxType.FLOAT,
                    new long[] {linear.inputs(), linear.outputs()},
                    FloatTensors.transposed(node.id() + ".weight", weights.tensor(node.id() + ".weight")));
            return linear.bias()
                    ? onnx.addNamed(
                            "Add",
                            out,
                            List.of(
                                    onnx.add("MatMul", out + "/product", List.of(in.get(0), weight)),
                                    parameter(node, "bias")))
                    : onnx.addNamed("MatMul", out, List.of(in.get(0), weight));
        } else if (op instanceof Conv2d conv) {
            List<String> inputs = new ArrayList<>(List.of(in.get(0), parameter(node, "weight")));
            if (conv.bias()) {
                inputs.add(parameter(node, "bias"));
            }
            return onnx.addNamed("Conv", out, inputs, convolution(conv));
        } else if (op instanceof GroupNorm norm) {
            return groupNorm(node, norm, in.get(0), out);
        } else if (op instanceof LayerNorm norm) {
            return layerNorm(node, norm, in.get(0), out);
        } else if (op instanceof RmsNorm norm) {
            String square = onnx.add("Mul", out + "/square", List.of(in.get(0), in.get(0)));
            String mean = onnx.add("ReduceMean", out + "/mean", List.of(square, onnx.ints("axis", -1)));
            String above = onnx.add(
                    "Add", out + "/above", List.of(mean, onnx.number(out + "/epsilon", (float) norm.epsilon())));
            String root = onnx.add("Sqrt", out + "/root", List.of(above));
            String normal = onnx.add("Div", out + "/normal", List.of(in.get(0), root));
            return onnx.addNamed("Mul", out, List.of(normal, parameter(node, "weight")));
        } else if (op instanceof L2Normalize) {
            String norm = onnx.add("ReduceL2", out + "/norm", List.of(in.get(0), onnx.ints("axis", -1)));
            return onnx.addNamed("Div", out, List.of(in.get(0), norm));
        } else if (op instanceof Attention attention) {
            return attention(node, attention, in, out);
        } else if (op instanceof MatMul) {
            String turned = onnx.add("Transpose", out + "/turned", List.of(in.get(1)), Attribute.ints("perm", 1, 0));
            return onnx.addNamed("MatMul", out, List.of(in.get(0), turned));
        } else if (op instanceof Embedding) {
            return onnx.addNamed("Gather", out, List.of(parameter(node, "weight"), in.get(0)));
        } else if (op instanceof Parameter stored) {
            return stored(node, stored, out);
        } else if (op instanceof PoolToken pool) {
            return poolToken(pool, in, out);
        } else if (op instanceof RelativeBias bias) {
            return relativeBias(node, bias, out);
        } else if (op instanceof TimestepEmbedding embedding) {
            return timesteps(node, embedding, in.get(0), out);
        } else if (op instanceof UpsampleNearest) {
            return upsample(node, in.get(0), out);
        }
        return move(op, in, out);
    }

    /** Ops that compute nothing. */
    private String move(Op op, List<String> in, String out) {
        if (op instanceof Reshape reshape) {
            return onnx.addNamed("Reshape", out, List.of(in.get(0), shape(reshape.shape())));
        } else if (op instanceof Transpose transpose) {
            long[] order = transpose.permutation().stream().mapToLong(i -> i).toArray();
            return onnx.addNamed("Transpose", out, in, Attribute.ints("perm", order));
        } else if (op instanceof Concat concat) {
            return onnx.addNamed("Concat", out, in, Attribute.of("axis", concat.axis()));
        } else if (op instanceof Broadcast broadcast) {
            return onnx.addNamed("Expand", out, List.of(in.get(0), shape(broadcast.shape())));
        } else if (op instanceof Slice slice) {
            return onnx.addNamed("Slice", out, sliceInputs(in.get(0), slice.axis(), slice.from(), slice.to()));
        }
        throw new IllegalStateException("no ONNX form of " + op.name());
    }

    /** Inputs of a Slice node. */
    List<String> sliceInputs(String x, int axis, int from, int to) {
        return List.of(x, onnx.ints("start", from), onnx.ints("end", to), onnx.ints("axis", axis));
    }

    static Attribute[] convolution(Conv2d op) {
        Conv2d.Padding pad = op.padding();
        return new Attribute[] {
            Attribute.ints("kernel_shape", op.kernelHeight(), op.kernelWidth()),
            Attribute.ints("pads", pad.top(), pad.left(), pad.bottom(), pad.right()),
            Attribute.ints("strides", op.stride(), op.stride())
        };
    }

    /** A node's tensor as it is stored, in F32. */
    String parameter(Node node, String suffix) {
        String name = suffix.isEmpty() ? node.id() : node.id() + "." + suffix;
        return onnx.tensor(
                name, OnnxType.FLOAT, weights.shape(name).toLongArray(), FloatTensors.asIs(name, weights.tensor(name)));
    }

    private String stored(Node node, Parameter op, String out) {
        String name = op.suffix().isEmpty() ? node.id() : node.id() + "." + op.suffix();
        String tensor = onnx.tensor(
                out + "/stored",
                OnnxType.FLOAT,
                op.shape().toLongArray(),
                FloatTensors.asIs(name, weights.tensor(name)));
        return onnx.addNamed("Identity", out, List.of(tensor));
    }

    private String activate(Activate.Function function, String x, String out) {
        return switch (function) {
            case SILU -> onnx.addNamed("Mul", out, List.of(x, onnx.add("Sigmoid", out + "/gate", List.of(x))));
            case GELU -> onnx.addNamed("Gelu", out, List.of(x));
            case GELU_TANH -> onnx.addNamed("Gelu", out, List.of(x), Attribute.of("approximate", "tanh"));
            case QUICK_GELU -> {
                String steep = onnx.add("Mul", out + "/steep", List.of(x, onnx.number("quick_gelu", QUICK_GELU_SLOPE)));
                yield onnx.addNamed("Mul", out, List.of(x, onnx.add("Sigmoid", out + "/gate", List.of(steep))));
            }
            case RELU -> onnx.addNamed("Relu", out, List.of(x));
            case EXP -> onnx.addNamed("Exp", out, List.of(x));
            case SOFT_CLAMP -> {
                String limit = onnx.number("soft_limit", 3);
                String tanh =
                        onnx.add("Tanh", out + "/tanh", List.of(onnx.add("Div", out + "/inner", List.of(x, limit))));
                yield onnx.addNamed("Mul", out, List.of(tanh, limit));
            }
            case SIGNED -> {
                String twice = onnx.add("Mul", out + "/twice", List.of(x, onnx.number("two", 2)));
                yield onnx.addNamed("Sub", out, List.of(twice, onnx.number("one", 1)));
            }
        };
    }

    private String geGlu(Node node, String x, String out) {
        int half = node.shape().dim(-1);
        String value = onnx.add("Slice", out + "/value", sliceInputs(x, -1, 0, half));
        String gate = onnx.add("Slice", out + "/gate", sliceInputs(x, -1, half, 2 * half));
        return onnx.addNamed("Mul", out, List.of(value, onnx.add("Gelu", out + "/open", List.of(gate))));
    }

    /** By InstanceNormalization over the groups: every runtime has it, as of no other form of this norm can be said. */
    private String groupNorm(Node node, GroupNorm op, String x, String out) {
        Shape shape = node.shape();
        long rest = shape.elements() / shape.dim(0) / op.groups();
        float[] ones = new float[op.groups()];
        Arrays.fill(ones, 1);
        long[] groups = {op.groups()};
        String flat =
                onnx.add("Reshape", out + "/groups", List.of(x, onnx.ints("shape", shape.dim(0), op.groups(), rest)));
        String normal = onnx.add(
                "InstanceNormalization",
                out + "/normal",
                List.of(flat, onnx.floats("ones", groups, ones), onnx.floats("zeros", groups, new float[op.groups()])),
                Attribute.of("epsilon", op.epsilon()));
        String back = onnx.add("Reshape", out + "/back", List.of(normal, shape(shape)));
        long[] channelwise = new long[shape.rank() - 1];
        Arrays.fill(channelwise, 1);
        channelwise[0] = op.channels();
        String weight = channelwise(node, "weight", channelwise);
        String bias = channelwise(node, "bias", channelwise);
        return onnx.addNamed("Add", out, List.of(onnx.add("Mul", out + "/scaled", List.of(back, weight)), bias));
    }

    private String channelwise(Node node, String suffix, long[] dims) {
        String name = node.id() + "." + suffix;
        return onnx.tensor(name, OnnxType.FLOAT, dims, FloatTensors.asIs(name, weights.tensor(name)));
    }

    private String layerNorm(Node node, LayerNorm op, String x, String out) {
        float[] ones = new float[op.features()];
        Arrays.fill(ones, 1);
        List<String> inputs = op.affine()
                ? List.of(x, parameter(node, "weight"), parameter(node, "bias"))
                : List.of(x, onnx.floats("ones", new long[] {op.features()}, ones));
        return onnx.addNamed(
                "LayerNormalization", out, inputs, Attribute.of("axis", -1), Attribute.of("epsilon", op.epsilon()));
    }

    private String attention(Node node, Attention op, List<String> in, String out) {
        Shape q = graph.shape(node.inputs().get(0));
        Shape k = graph.shape(node.inputs().get(1));
        long batch = q.dim(0);
        long width = q.dim(2) / op.heads();
        String scaled =
                onnx.add("Mul", out + "/q", List.of(in.get(0), onnx.number(out + "/scale", (float) op.scale())));
        String queries = heads(scaled, out + "/queries", batch, q.dim(1), op.heads(), width, 0, 2, 1, 3);
        String keys = heads(in.get(1), out + "/keys", batch, k.dim(1), op.heads(), width, 0, 2, 3, 1);
        String values = heads(in.get(2), out + "/values", batch, k.dim(1), op.heads(), width, 0, 2, 1, 3);
        String scores = onnx.add("MatMul", out + "/scores", List.of(queries, keys));
        if (in.size() > 3) {
            scores = onnx.add("Add", out + "/biased", List.of(scores, in.get(3)));
        }
        if (op.causal()) {
            scores = onnx.add("Add", out + "/masked", List.of(scores, causalMask(q.dim(1))));
        }
        String shares = onnx.add("Softmax", out + "/shares", List.of(scores), Attribute.of("axis", -1));
        String mixed = onnx.add("MatMul", out + "/mixed", List.of(shares, values));
        String tokens = onnx.add("Transpose", out + "/tokens", List.of(mixed), Attribute.ints("perm", 0, 2, 1, 3));
        return onnx.addNamed("Reshape", out, List.of(tokens, shape(q)));
    }

    private String heads(String x, String name, long batch, long tokens, long heads, long width, long... order) {
        String parted =
                onnx.add("Reshape", name + "/parted", List.of(x, onnx.ints("shape", batch, tokens, heads, width)));
        return onnx.add("Transpose", name, List.of(parted), Attribute.ints("perm", order));
    }

    private String causalMask(int tokens) {
        float[] mask = new float[tokens * tokens];
        for (int query = 0; query < tokens; query++) {
            Arrays.fill(mask, query * tokens + query + 1, (query + 1) * tokens, Float.NEGATIVE_INFINITY);
        }
        return onnx.floats("causal_mask", new long[] {tokens, tokens}, mask);
    }

    private String poolToken(PoolToken op, List<String> in, String out) {
        String ids = in.get(1);
        if (op.eosId() != PoolToken.HIGHEST_ID) {
            String found = onnx.add("Equal", out + "/found", List.of(ids, onnx.ints("eos", op.eosId())));
            ids = onnx.add("Cast", out + "/marks", List.of(found), Attribute.of("to", OnnxType.INT32.number()));
        }
        String position = onnx.add(
                "ArgMax", out + "/position", List.of(ids), Attribute.of("axis", 1), Attribute.of("keepdims", 1));
        return onnx.addNamed("GatherND", out, List.of(in.get(0), position), Attribute.of("batch_dims", 1));
    }

    private String relativeBias(Node node, RelativeBias op, String out) {
        int tokens = op.tokens();
        long[] buckets = LongStream.range(0, (long) tokens * tokens)
                .map(i -> op.bucket((int) (i % tokens) - (int) (i / tokens)))
                .toArray();
        String rows = onnx.add(
                "Reshape",
                out + "/rows",
                List.of(onnx.ints(out + "/buckets", buckets), onnx.ints("shape", tokens, tokens)));
        String found = onnx.add("Gather", out + "/found", List.of(parameter(node, "weight"), rows));
        String turned = onnx.add("Transpose", out + "/turned", List.of(found), Attribute.ints("perm", 2, 0, 1));
        return onnx.addNamed("Reshape", out, List.of(turned, shape(node.shape())));
    }

    private String timesteps(Node node, TimestepEmbedding op, String x, String out) {
        int half = op.features() / 2;
        float[] frequencies = new float[half];
        // Step by step in float32, as the networks were trained.
        float logPeriod = (float) -Math.log(op.maxPeriod());
        float divisor = (float) (half - op.freqShift());
        for (int i = 0; i < half; i++) {
            frequencies[i] = (float) Math.exp(logPeriod * i / divisor);
        }
        int rows = node.shape().dim(0);
        String column = onnx.add("Reshape", out + "/column", List.of(x, onnx.ints("shape", rows, 1)));
        String angles = onnx.add(
                "Mul",
                out + "/angles",
                List.of(column, onnx.floats(out + "/frequencies", new long[] {1, half}, frequencies)));
        String sines = onnx.add("Sin", out + "/sines", List.of(angles));
        String cosines = onnx.add("Cos", out + "/cosines", List.of(angles));
        List<String> parts = new ArrayList<>(op.flipSinToCos() ? List.of(cosines, sines) : List.of(sines, cosines));
        if (op.features() % 2 != 0) {
            parts.add(onnx.floats(out + "/rest", new long[] {rows, 1}, new float[rows]));
        }
        return onnx.addNamed("Concat", out, parts, Attribute.of("axis", 1));
    }

    private String upsample(Node node, String x, String out) {
        Shape from = graph.shape(node.inputs().get(0));
        Shape to = node.shape();
        if (to.dim(2) % from.dim(2) == 0 && to.dim(3) % from.dim(3) == 0) {
            return onnx.addNamed(
                    "Resize",
                    out,
                    List.of(x, "", "", shape(to)),
                    Attribute.of("mode", "nearest"),
                    Attribute.of("coordinate_transformation_mode", "asymmetric"),
                    Attribute.of("nearest_mode", "floor"));
        }
        // Runtimes divide in floating point; where sides are no multiples they must not choose the neighbour.
        String rows =
                onnx.add("Gather", out + "/rows", List.of(x, sources(from.dim(2), to.dim(2))), Attribute.of("axis", 2));
        return onnx.addNamed("Gather", out, List.of(rows, sources(from.dim(3), to.dim(3))), Attribute.of("axis", 3));
    }

    private String sources(int from, int to) {
        return onnx.ints(
                "sources", LongStream.range(0, to).map(i -> i * from / to).toArray());
    }

    private String shape(Shape shape) {
        return onnx.ints("shape", shape.toLongArray());
    }
}
