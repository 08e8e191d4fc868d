package org.mixdq4j.core.network.t5;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Set;
import org.mixdq4j.core.graph.op.Activate;
import org.mixdq4j.core.network.config.ConfigReader;

/**
 * What a T5EncoderModel's config.json says, with transformers' defaults for absent fields.
 *
 * @param features of a token
 * @param headFeatures of a token in one head; all heads together need not make up {@code features}
 * @param innerFeatures of the feed-forward layers
 * @param gated whether the activated features are multiplied by as many others (T5 1.1)
 * @param buckets of relative positions
 * @param maxDistance from which on all relative positions are alike
 */
record T5Config(
        int vocabulary,
        int features,
        int headFeatures,
        int innerFeatures,
        int layers,
        int heads,
        Activate.Function activation,
        boolean gated,
        int buckets,
        int maxDistance,
        double epsilon) {

    static final String NETWORK = "T5EncoderModel";

    private static final String PROJECTION = "feed_forward_proj";

    static T5Config read(JsonNode json) {
        ConfigReader config = new ConfigReader(json, NETWORK);
        config.only("model_type", "t5");
        config.only("is_decoder", false);
        config.only(PROJECTION, "relu", "gated-relu", "gelu", "gated-gelu", "gelu_new", "gated-gelu_new", "gated-silu");
        String projection = config.text(PROJECTION, "relu");
        boolean gated = projection.startsWith("gated-");
        // transformers takes the tanh approximation where a gated one says gelu, and the exact function where another
        // does.
        String activation = projection.equals("gated-gelu") ? "gelu_new" : projection.replace("gated-", "");
        requireSame(config, "dense_act_fn", config.text("dense_act_fn", activation), activation);
        requireSame(config, "is_gated_act", config.flag("is_gated_act", gated), gated);
        T5Config read = new T5Config(
                config.count("vocab_size", 32128),
                config.count("d_model", 512),
                config.count("d_kv", 64),
                config.count("d_ff", 2048),
                config.count("num_layers", 6),
                config.count("num_heads", 8),
                switch (activation) {
                    case "relu" -> Activate.Function.RELU;
                    case "gelu" -> Activate.Function.GELU;
                    case "silu" -> Activate.Function.SILU;
                    default -> Activate.Function.GELU_TANH;
                },
                gated,
                config.count("relative_attention_num_buckets", 32),
                config.count("relative_attention_max_distance", 128),
                config.number("layer_norm_epsilon", 1e-6));
        // Of training, of the decoder, and of what a tokenizer does.
        config.refuseUnread(Set.of(
                "architectures",
                "classifier_dropout",
                "decoder_start_token_id",
                "dropout_rate",
                "dtype",
                "eos_token_id",
                "initializer_factor",
                "is_encoder_decoder",
                "n_positions",
                "num_decoder_layers",
                "output_past",
                "pad_token_id",
                "scale_decoder_outputs",
                "task_specific_params",
                "tie_word_embeddings",
                "torch_dtype",
                "transformers_version",
                "use_cache"));
        return read;
    }

    private static void requireSame(ConfigReader config, String field, Object found, Object expected) {
        if (!found.equals(expected)) {
            throw config.wrong(field, found.toString(), expected + " as '" + PROJECTION + "' says");
        }
    }
}
