"""What PyTorch takes for the networks that 'mixdq gpu' times: FP16, random weights, the better of a CUDA graph and torch.compile.

gpu_baseline.py --out FILE [--only NAME,NAME] [--seconds N]    needs torch with a GPU, diffusers and transformers
gpu_baseline.py --compare gpu_check.json gpu_baseline.json
"""

import argparse
import json
import statistics
import sys
import time


def timed(run, count=30):
    import torch

    for _ in range(5):
        run()
    torch.cuda.synchronize()
    times = []
    for _ in range(count):
        start, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
        start.record()
        run()
        end.record()
        torch.cuda.synchronize()
        times.append(start.elapsed_time(end))
    return statistics.median(times)


def graphed(run):
    import torch

    stream = torch.cuda.Stream()
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):
        for _ in range(3):
            run()
    torch.cuda.current_stream().wait_stream(stream)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        run()
    return graph.replay


REPEATED = {"BasicTransformerBlock", "JointTransformerBlock", "CLIPEncoderLayer"}


def compiled(model):
    """Repeated blocks alone where the network has some: all of it takes minutes to compile and is hardly faster inside a graph."""
    import torch

    blocks = [module for module in model.modules() if type(module).__name__ in REPEATED]
    for block in blocks:
        block.compile(dynamic=False)
    return model if blocks else torch.compile(model, dynamic=False)


def measure(model, call, compile_too):
    """Milliseconds by way of running it."""
    import torch

    result = {}
    with torch.inference_mode():
        result["graph"] = timed(graphed(lambda: call(model)))
        try:
            if compile_too():
                faster = compiled(model)
                result["compiled"] = timed(graphed(lambda: call(faster)))
        except Exception as e:
            result["compiled_failed"] = (str(e).splitlines() or [type(e).__name__])[0]
    return result


def networks(compile_too):
    import torch
    from diffusers import AutoencoderKL, SD3Transformer2DModel, UNet2DConditionModel
    from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection

    def random(*shape):
        return torch.randn(*shape, device="cuda", dtype=torch.float16)

    def ready(make):
        torch.manual_seed(0)
        with torch.device("cuda"):
            torch.set_default_dtype(torch.float16)
            try:
                model = make()
            finally:
                torch.set_default_dtype(torch.float32)
        return model.eval().requires_grad_(False)

    def unet(batch, size):
        model = ready(lambda: UNet2DConditionModel(
            sample_size=128, down_block_types=("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
            up_block_types=("CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"), block_out_channels=(320, 640, 1280),
            transformer_layers_per_block=(1, 2, 10), attention_head_dim=(5, 10, 20), cross_attention_dim=2048,
            use_linear_projection=True, addition_embed_type="text_time", addition_time_embed_dim=256,
            projection_class_embeddings_input_dim=2816))
        model.fuse_qkv_projections()
        model.to(memory_format=torch.channels_last)
        x = random(batch, 4, size, size).to(memory_format=torch.channels_last)
        text, step = random(batch, 77, 2048), torch.full((batch,), 500, device="cuda")
        added = {"text_embeds": random(batch, 1280), "time_ids": random(batch, 6)}
        return measure(model, lambda m: m(x, step, text, added_cond_kwargs=added, return_dict=False), compile_too)

    def mmdit(size):
        model = ready(lambda: SD3Transformer2DModel(
            sample_size=128, patch_size=2, in_channels=16, num_layers=24, attention_head_dim=64, num_attention_heads=24,
            joint_attention_dim=4096, caption_projection_dim=1536, pooled_projection_dim=2048, out_channels=16, pos_embed_max_size=192))
        model.fuse_qkv_projections()
        x, text, pooled = random(1, 16, size, size), random(1, 333, 4096), random(1, 2048)
        step = torch.full((1,), 500, device="cuda")
        return measure(model, lambda m: m(x, text, pooled, step, return_dict=False), compile_too)

    def vae():
        model = ready(lambda: AutoencoderKL(
            down_block_types=("DownEncoderBlock2D",) * 4, up_block_types=("UpDecoderBlock2D",) * 4,
            block_out_channels=(128, 256, 512, 512), layers_per_block=2, latent_channels=4, sample_size=1024))
        x = random(1, 4, 64, 64)
        return measure(model.decoder, lambda m: m(model.post_quant_conv(x)), compile_too)

    def clip(large):
        config = CLIPTextConfig(
            hidden_size=1280, intermediate_size=5120, num_hidden_layers=32, num_attention_heads=20, projection_dim=1280, hidden_act="gelu"
        ) if large else CLIPTextConfig(hidden_size=768, intermediate_size=3072, num_hidden_layers=12, num_attention_heads=12)
        model = ready(lambda: (CLIPTextModelWithProjection if large else CLIPTextModel)(config))
        ids = torch.randint(0, 49000, (1, 77), device="cuda")
        return measure(model, lambda m: m(ids, output_hidden_states=True), compile_too)

    return {
        "unet-512": lambda: unet(1, 64), "unet-512-b4": lambda: unet(4, 64), "unet-1024": lambda: unet(1, 128),
        "mmdit-512": lambda: mmdit(64), "mmdit-1024": lambda: mmdit(128), "vae-512": vae,
        "clip-l": lambda: clip(False), "clip-g": lambda: clip(True),
    }


PICTURE = ("clip-l", "clip-g", "unet-512", "vae-512")


def best(times):
    return min(value for key, value in times.items() if isinstance(value, float))


def plain(name):
    return name.removesuffix("-w8").removesuffix("-w4")


def compare(ours, theirs):
    with open(ours) as a, open(theirs) as b:
        ours, theirs = json.load(a), json.load(b)
    found = {name: best(times) for name, times in theirs["networks"].items()}
    if all(part in found for part in PICTURE):
        found["picture-512"] = sum(found[part] for part in PICTURE)
    print(f"PyTorch {theirs['torch']}, FP16, {theirs['device']}")
    print(f"{'':18}{'mixdq4j ms':>12}{'PyTorch ms':>12}{'ratio':>8}")
    for bench in ours.get("benches", []):
        reference = found.get(plain(bench["name"]))
        ratio = f"{reference / bench['median_ms']:8.2f}" if reference else "       -"
        print(f"{bench['name']:18}{bench['median_ms']:12.2f}{reference or float('nan'):12.2f}{ratio}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out")
    parser.add_argument("--only", default="")
    parser.add_argument("--seconds", type=float, default=150, help="nothing more is compiled after so many")
    parser.add_argument("--compare", nargs=2)
    arguments = parser.parse_args()
    if arguments.compare:
        compare(*arguments.compare)
        return
    import torch

    wanted = {plain(name) for name in arguments.only.split(",") if name}
    if "picture-512" in wanted:
        wanted |= set(PICTURE)
    every = not wanted or "benches" in wanted
    start = time.monotonic()
    torch._dynamo.config.cache_size_limit = 64
    result = {"torch": torch.__version__, "device": torch.cuda.get_device_name(), "networks": {}}
    for name, run in networks(lambda: time.monotonic() - start < arguments.seconds).items():
        if not every and name not in wanted:
            continue
        try:
            result["networks"][name] = run()
        except Exception as e:
            print(f"  {name}: {e}", file=sys.stderr, flush=True)
            continue
        print(f"  {name}: {result['networks'][name]}", file=sys.stderr, flush=True)
        torch.cuda.empty_cache()
        with open(arguments.out, "w") as out:  # after each: whoever stops it keeps what there is
            json.dump(result, out, indent=1)


if __name__ == "__main__":
    main()
