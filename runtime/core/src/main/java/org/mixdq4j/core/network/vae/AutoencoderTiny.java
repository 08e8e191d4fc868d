package org.mixdq4j.core.network.vae;

import static org.mixdq4j.core.network.block.ModuleScope.extent;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Set;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.graph.GraphBuilder;
import org.mixdq4j.core.graph.GraphBuilder.Value;
import org.mixdq4j.core.graph.op.Activate;
import org.mixdq4j.core.graph.op.Conv2d;
import org.mixdq4j.core.graph.op.UpsampleNearest;
import org.mixdq4j.core.network.block.ModuleScope;
import org.mixdq4j.core.network.config.ConfigReader;
import org.mixdq4j.core.tensor.DType;
import org.mixdq4j.core.tensor.Shape;

/** diffusers' AutoencoderTiny (TAESD), the half that makes pictures of latents. */
public final class AutoencoderTiny {
    public static final String NETWORK = "AutoencoderTiny";

    private final ModuleScope at;
    private int layer;

    private AutoencoderTiny(ModuleScope decoder) {
        this.at = decoder;
    }

    /** @param blocks residual blocks before each doubling of the extents, and after the last */
    private record Config(int latentChannels, int outChannels, List<Integer> channels, List<Integer> blocks) {}

    /**
     * Input {@code latent} [B, L, h, w], already divided by the scaling factor; output {@code image} [B, 3, H, W] in -1..1.
     *
     * @throws org.mixdq4j.core.error.MixdqException if the file is incomplete or asks for something not supported
     */
    public static Graph decoder(JsonNode json, int batch, int latentHeight, int latentWidth) {
        ConfigReader reader = new ConfigReader(json, NETWORK);
        Config config = read(reader);
        Shape latent = Shape.of(
                extent("batch size", batch),
                config.latentChannels,
                extent("height", latentHeight),
                extent("width", latentWidth));
        return reader.consistent(() -> {
            GraphBuilder graph = new GraphBuilder(NETWORK + " decoder");
            ModuleScope decoder = ModuleScope.root(graph).child("decoder");
            Value x = graph.input("latent", DType.F32, latent);
            graph.output("image", new AutoencoderTiny(decoder).decode(config, x));
            return graph.build();
        });
    }

    /** How many times as large as the latents a picture is along a side. */
    public static int factor(JsonNode json) {
        return 1 << (read(new ConfigReader(json, NETWORK)).blocks.size() - 1);
    }

    private static Config read(ConfigReader reader) {
        reader.only("act_fn", "relu");
        reader.only("upsample_fn", "nearest");
        reader.only("upsampling_scaling_factor", 2);
        List<Integer> channels = reader.has("decoder_block_out_channels")
                ? reader.counts("decoder_block_out_channels")
                : List.of(64, 64, 64, 64);
        List<Integer> blocks =
                reader.has("num_decoder_blocks") ? reader.counts("num_decoder_blocks") : List.of(3, 3, 3, 1);
        if (channels.size() != blocks.size()) {
            throw reader.wrong(
                    "num_decoder_blocks",
                    blocks.size() + " stages",
                    channels.size() + " as in 'decoder_block_out_channels'");
        }
        Config config =
                new Config(reader.count("latent_channels", 4), reader.count("out_channels", 3), channels, blocks);
        // Of the encoder, of latents stored as bytes, and of what pipelines do around the network.
        reader.refuseUnread(Set.of(
                "in_channels",
                "encoder_block_out_channels",
                "num_encoder_blocks",
                "block_out_channels",
                "latent_magnitude",
                "latent_shift",
                "force_upcast",
                "scaling_factor",
                "shift_factor"));
        return config;
    }

    private Value decode(Config config, Value latent) {
        Value h = at.op("clamp", new Activate(Activate.Function.SOFT_CLAMP), latent);
        h = relu("act", layer(h, config.channels.get(0), true));
        // The activation is a layer of its own in the list.
        layer++;
        for (int stage = 0; stage < config.blocks.size(); stage++) {
            for (int block = 0; block < config.blocks.get(stage); block++) {
                h = block(at.child("layers", layer++), h);
            }
            boolean last = stage == config.blocks.size() - 1;
            if (!last) {
                int height = 2 * h.shape().dim(2);
                int width = 2 * h.shape().dim(3);
                h = at.op("layers." + layer++, new UpsampleNearest(height, width), h);
            }
            h = layer(h, last ? config.outChannels : config.channels.get(stage), last);
        }
        return at.returns(at.op("signed", new Activate(Activate.Function.SIGNED), h));
    }

    private Value layer(Value x, int outputs, boolean bias) {
        Conv2d.Padding padding = Conv2d.Padding.same(1);
        return at.op("layers." + layer++, new Conv2d(x.shape().dim(1), outputs, 3, 3, 1, padding, bias), x);
    }

    private Value block(ModuleScope block, Value x) {
        int channels = x.shape().dim(1);
        Value h = x;
        for (int i = 0; i < 3; i++) {
            h = block.conv("conv." + 2 * i, h, channels, 3);
            if (i < 2) {
                h = block.op("conv." + (2 * i + 1), new Activate(Activate.Function.RELU), h);
            }
        }
        return block.returns(block.op("fuse", new Activate(Activate.Function.RELU), block.add("add", h, x)));
    }

    private Value relu(String name, Value x) {
        return at.op(name, new Activate(Activate.Function.RELU), x);
    }
}
