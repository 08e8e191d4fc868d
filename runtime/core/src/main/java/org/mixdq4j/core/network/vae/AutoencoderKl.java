package org.mixdq4j.core.network.vae;

import static org.mixdq4j.core.network.block.ModuleScope.extent;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Optional;
import java.util.function.BiFunction;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.graph.GraphBuilder;
import org.mixdq4j.core.graph.GraphBuilder.Value;
import org.mixdq4j.core.graph.op.Attention;
import org.mixdq4j.core.graph.op.Slice;
import org.mixdq4j.core.network.block.ModuleScope;
import org.mixdq4j.core.network.block.Resampling;
import org.mixdq4j.core.network.block.ResnetBlock;
import org.mixdq4j.core.network.block.Tokens;
import org.mixdq4j.core.network.config.ConfigReader;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.core.tensor.Shape;

/** diffusers' AutoencoderKL: pictures in -1..1, 2^(blocks-1) times the size of the latents. */
public final class AutoencoderKl {
    private static final double EPSILON = 1e-6;

    private final VaeConfig config;
    private final GraphBuilder graph;
    private final ModuleScope root;
    private final ResnetBlock resnet;

    /**
     * Input {@code latent} [B, L, h, w], already divided by the scaling factor; output {@code image} [B, 3, H, W].
     *
     * @throws org.mixdq4j.core.error.MixdqException if the file is incomplete or asks for something not supported
     */
    public static Graph decoder(JsonNode config, int batch, int latentHeight, int latentWidth) {
        Shape extents = extents(batch, latentHeight, latentWidth);
        return build(config, "decoder", AutoencoderKl::decode, extents);
    }

    /**
     * Input {@code image} [B, 3, H, W]; outputs {@code mean} and {@code logvar} [B, L, h, w] of the latents' normal
     * distribution, before the scaling factor.
     *
     * @throws org.mixdq4j.core.error.MixdqException if the file is incomplete or asks for something not supported
     */
    public static Graph encoder(JsonNode config, int batch, int height, int width) {
        Shape extents = extents(batch, height, width);
        return build(config, "encoder", AutoencoderKl::encode, extents);
    }

    private AutoencoderKl(VaeConfig config, String part) {
        this.config = config;
        this.graph = new GraphBuilder(VaeConfig.NETWORK + " " + part);
        this.root = ModuleScope.root(graph);
        this.resnet = new ResnetBlock(config.groups(), EPSILON, Optional.empty());
    }

    private static Graph build(
            JsonNode config, String part, BiFunction<AutoencoderKl, Shape, Graph> half, Shape extents) {
        VaeConfig read = VaeConfig.read(config);
        return new ConfigReader(config, VaeConfig.NETWORK)
                .consistent(() -> half.apply(new AutoencoderKl(read, part), extents));
    }

    private Graph decode(Shape extents) {
        Value h = graph.input("latent", DType.F32, extents.with(1, config.latentChannels()));
        if (config.postQuantConv()) {
            h = root.conv("post_quant_conv", h, config.latentChannels(), 1);
        }
        ModuleScope at = root.child("decoder");
        int blocks = config.channels().size();
        h = at.conv("conv_in", h, config.channels().get(blocks - 1), 3);
        h = middle(at.child("mid_block"), h);
        for (int i = 0; i < blocks; i++) {
            ModuleScope block = at.child("up_blocks", i);
            for (int layer = 0; layer <= config.layers(); layer++) {
                h = resnet.build(
                        block.child("resnets", layer), h, config.channels().get(blocks - 1 - i));
            }
            if (i < blocks - 1) {
                h = Resampling.up(block, h, 2 * h.shape().dim(2), 2 * h.shape().dim(3));
            }
            block.returns(h);
        }
        graph.output("image", at.returns(head(at, h, config.outChannels())));
        return graph.build();
    }

    private Graph encode(Shape extents) {
        ModuleScope at = root.child("encoder");
        Value image = graph.input("image", DType.F32, extents.with(1, config.inChannels()));
        int blocks = config.channels().size();
        Value h = at.conv("conv_in", image, config.channels().get(0), 3);
        for (int i = 0; i < blocks; i++) {
            ModuleScope block = at.child("down_blocks", i);
            for (int layer = 0; layer < config.layers(); layer++) {
                h = resnet.build(
                        block.child("resnets", layer), h, config.channels().get(i));
            }
            if (i < blocks - 1) {
                h = Resampling.down(block, h, 0);
            }
            block.returns(h);
        }
        int latent = config.latentChannels();
        Value moments = at.returns(head(at, middle(at.child("mid_block"), h), 2 * latent));
        if (config.quantConv()) {
            moments = root.conv("quant_conv", moments, 2 * latent, 1);
        }
        graph.output("mean", root.op("moments.mean", new Slice(1, 0, latent), moments));
        graph.output("logvar", root.op("moments.logvar", new Slice(1, latent, 2 * latent), moments));
        return graph.build();
    }

    private Value middle(ModuleScope at, Value x) {
        int channels = x.shape().dim(1);
        Value h = resnet.build(at.child("resnets", 0), x, channels);
        if (config.midAttention()) {
            h = attention(at.child("attentions", 0), h);
        }
        return at.returns(resnet.build(at.child("resnets", 1), h, channels));
    }

    private Value attention(ModuleScope at, Value x) {
        int channels = x.shape().dim(1);
        Value tokens = Tokens.of(at, at.groupNorm("group_norm", x, config.groups(), EPSILON));
        Value q = at.linear("to_q", tokens, channels, true);
        Value k = at.linear("to_k", tokens, channels, true);
        Value v = at.linear("to_v", tokens, channels, true);
        Value mixed = at.op("attention", new Attention(1, 1 / Math.sqrt(channels), false), q, k, v);
        Value out = at.linear("to_out.0", mixed, channels, true);
        Value image = Tokens.toImage(at, out, x.shape().dim(2), x.shape().dim(3));
        return at.returns(at.add("add", x, image));
    }

    private Value head(ModuleScope at, Value x, int outputs) {
        Value h = at.silu("conv_act", at.groupNorm("conv_norm_out", x, config.groups(), EPSILON));
        return at.conv("conv_out", h, outputs, 3);
    }

    private static Shape extents(int batch, int height, int width) {
        return Shape.of(extent("batch size", batch), 0, extent("height", height), extent("width", width));
    }
}
