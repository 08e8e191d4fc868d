package org.mixdq4j.core.network.unet;

import static org.mixdq4j.core.network.block.ModuleScope.extent;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.graph.GraphBuilder;
import org.mixdq4j.core.graph.GraphBuilder.Value;
import org.mixdq4j.core.graph.op.Concat;
import org.mixdq4j.core.network.block.ModuleScope;
import org.mixdq4j.core.network.block.Resampling;
import org.mixdq4j.core.network.block.ResnetBlock;
import org.mixdq4j.core.network.config.ConfigReader;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.core.tensor.Shape;

/**
 * diffusers' UNet2DConditionModel. Inputs: {@code sample} [B, C, H, W], {@code timestep} [B], where the model reads
 * text {@code encoder_hidden_states} [B, T, D], for SDXL {@code text_embeds} [B, P] and {@code time_ids} [B, N], for
 * guidance-distilled models {@code timestep_cond} [B, K]. Output: {@code sample}.
 */
public final class UNet2DCondition {
    /** SDXL's: original height and width, crop top and left, target height and width. The SDXL refiner has 5. */
    public static final int SDXL_TIME_IDS = 6;

    private final UNetConfig config;
    private final GraphBuilder graph = new GraphBuilder(UNetConfig.NETWORK);
    private final ModuleScope root = ModuleScope.root(graph);
    private final Deque<Value> skips = new ArrayDeque<>();
    private final ResnetBlock resnet;
    private final SpatialTransformer transformer;
    private Value hidden;

    /**
     * The network for latents of {@code height} x {@code width} (need not be multiples of anything) and prompts of
     * {@code tokens} tokens.
     *
     * @param config content of config.json
     * @throws org.mixdq4j.core.error.MixdqException if the file is incomplete or asks for something not supported
     */
    public static Graph graph(JsonNode config, int batch, int height, int width, int tokens) {
        return graph(config, batch, height, width, tokens, SDXL_TIME_IDS);
    }

    /** The same with another number of time ids; the rest of the added features is the pooled text. */
    public static Graph graph(JsonNode config, int batch, int height, int width, int tokens, int timeIds) {
        UNetConfig read = UNetConfig.read(config);
        Shape sample = Shape.of(
                extent("batch size", batch), read.inChannels(), extent("height", height), extent("width", width));
        extent("number of tokens", tokens);
        return new ConfigReader(config, UNetConfig.NETWORK)
                .consistent(() -> new UNet2DCondition(read, sample, tokens, timeIds).build());
    }

    private UNet2DCondition(UNetConfig config, Shape sample, int tokens, int timeIds) {
        this.config = config;
        int batch = sample.dim(0);
        this.hidden = graph.input("sample", DType.F32, sample);
        Value time = new Conditioning(config, graph, batch).build(timeIds);
        Value text = config.readsText()
                ? graph.input("encoder_hidden_states", DType.F32, Shape.of(batch, tokens, config.textFeatures()))
                : null;
        this.resnet = new ResnetBlock(config.groups(), config.epsilon(), Optional.of(time));
        this.transformer = new SpatialTransformer(config.linearProjection(), config.groups(), text);
    }

    private Graph build() {
        keep(root.conv("conv_in", hidden, config.channels().get(0), config.convInKernel()));
        for (int i = 0; i < config.blocks(); i++) {
            down(i);
        }
        middle();
        for (int i = 0; i < config.blocks(); i++) {
            up(i);
        }
        Value out = root.groupNorm("conv_norm_out", hidden, config.groups(), config.epsilon());
        out = root.conv("conv_out", root.silu("conv_act", out), config.outChannels(), config.convOutKernel());
        graph.output("sample", out);
        return graph.build();
    }

    private void down(int block) {
        ModuleScope at = root.child("down_blocks", block);
        boolean attends = config.downTypes().get(block).equals(UNetConfig.CROSS_DOWN);
        List<Integer> depths = config.transformers().get(block);
        for (int i = 0; i < config.layers().get(block); i++) {
            hidden = resnet.build(
                    at.child("resnets", i), hidden, config.channels().get(block));
            if (attends) {
                attend(at, i, block, depths);
            }
            keep(hidden);
        }
        if (block < config.blocks() - 1) {
            keep(Resampling.down(at, hidden, config.downsamplePadding()));
        }
        at.returns(hidden);
    }

    private void middle() {
        if (config.midType().isEmpty()) {
            return;
        }
        ModuleScope at = root.child("mid_block");
        int innermost = config.blocks() - 1;
        int channels = config.channels().get(innermost);
        hidden = resnet.build(at.child("resnets", 0), hidden, channels);
        if (config.midType().get().equals(UNetConfig.CROSS_MID)) {
            attend(at, 0, innermost, config.transformers().get(innermost));
            hidden = resnet.build(at.child("resnets", 1), hidden, channels);
        }
        at.returns(hidden);
    }

    private void up(int index) {
        ModuleScope at = root.child("up_blocks", index);
        int block = config.blocks() - 1 - index;
        boolean attends = config.upTypes().get(index).equals(UNetConfig.CROSS_UP);
        for (int i = 0; i <= config.layers().get(block); i++) {
            ModuleScope module = at.child("resnets", i);
            // The hidden state first, then the skip connection: the order decides where its input is split.
            Value joined = module.op("concat", new Concat(1), hidden, skips.pop());
            hidden = resnet.build(module, joined, config.channels().get(block));
            if (attends) {
                attend(at, i, block, config.upTransformers().get(index));
            }
        }
        if (block > 0) {
            // Twice the size, except where a level above had an odd extent: then what its skip connections have.
            Shape target = skips.peek().shape();
            hidden = Resampling.up(at, hidden, target.dim(2), target.dim(3));
        }
        at.returns(hidden);
    }

    /** @param depths transformer blocks of each attention of the block, or of all */
    private void attend(ModuleScope at, int layer, int block, List<Integer> depths) {
        if (depths.size() > 1 && layer >= depths.size()) {
            throw new IllegalArgumentException(
                    "the lists of transformer layers name " + depths.size() + " attentions of a block that has more");
        }
        int depth = depths.get(depths.size() == 1 ? 0 : layer);
        hidden = transformer.build(
                at.child("attentions", layer), hidden, config.heads().get(block), depth);
    }

    private void keep(Value value) {
        hidden = value;
        skips.push(value);
    }
}
