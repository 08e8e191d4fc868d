package org.mixdq4j.core.parity;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.mixdq4j.core.graph.Graph;
import org.mixdq4j.core.network.Networks;
import org.mixdq4j.core.network.clip.ClipDual;
import org.mixdq4j.core.network.clip.ClipText;
import org.mixdq4j.core.network.mmdit.SD3Transformer2D;
import org.mixdq4j.core.network.t5.T5Encoder;
import org.mixdq4j.core.network.unet.UNet2DCondition;
import org.mixdq4j.core.network.vae.AutoencoderKl;
import org.mixdq4j.core.network.vae.AutoencoderTiny;
import org.mixdq4j.core.tensor.Shape;
import org.mixdq4j.core.tensor.WeightSource;

/** The graphs of a network in the sizes of recorded inputs. An autoencoder is two: each half whose input was recorded. */
public final class RecordedGraphs {
    private RecordedGraphs() {}

    /** @param io as recorded: {@code in.} and the name of an input */
    public static List<Graph> of(JsonNode config, WeightSource io) {
        String architecture = Networks.architecture(config);
        Set<String> names = io.names();
        return switch (architecture) {
            case "UNet2DConditionModel" -> {
                Shape sample = io.shape("in.sample");
                int tokens = io.shape("in.encoder_hidden_states").dim(1);
                yield List.of(UNet2DCondition.graph(config, sample.dim(0), sample.dim(2), sample.dim(3), tokens));
            }
            case SD3Transformer2D.NETWORK -> {
                Shape latent = io.shape("in.hidden_states");
                int tokens = io.shape("in.encoder_hidden_states").dim(1);
                yield List.of(SD3Transformer2D.graph(config, latent.dim(0), latent.dim(2), latent.dim(3), tokens));
            }
            case "CLIPModel" -> List.of(ClipDual.graph(
                    config,
                    io.shape("in.input_ids").dim(0),
                    io.shape("in.pixel_values").dim(0)));
            case "CLIPTextModel", "CLIPTextModelWithProjection" -> List.of(
                    ClipText.graph(config, io.shape("in.input_ids").dim(0)));
            case T5Encoder.NETWORK -> {
                Shape ids = io.shape("in.input_ids");
                yield List.of(T5Encoder.graph(config, ids.dim(0), ids.dim(1)));
            }
            case "AutoencoderKL" -> {
                List<Graph> halves = new ArrayList<>();
                if (names.contains("in.latent")) {
                    Shape latent = io.shape("in.latent");
                    halves.add(AutoencoderKl.decoder(config, latent.dim(0), latent.dim(2), latent.dim(3)));
                }
                if (names.contains("in.image")) {
                    Shape image = io.shape("in.image");
                    halves.add(AutoencoderKl.encoder(config, image.dim(0), image.dim(2), image.dim(3)));
                }
                yield halves;
            }
            case AutoencoderTiny.NETWORK -> {
                Shape latent = io.shape("in.latent");
                yield List.of(AutoencoderTiny.decoder(config, latent.dim(0), latent.dim(2), latent.dim(3)));
            }
            default -> throw Networks.unsupported(architecture);
        };
    }
}
