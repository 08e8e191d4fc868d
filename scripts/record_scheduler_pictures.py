"""Draws small models with diffusers' pipelines and every scheduler: util_files/cases/schedulers.json.

    PYTHONPATH=DIFFUSERS/src python scripts/record_scheduler_pictures.py util_files/cases WORK_FOLDER

In FP32 on a CPU. Each entry says the model (a base, or a case), scheduler files put in its place, the options of
`mixdq infer` that draw the same, and what came out.
"""

import json
import shutil
import sys
from pathlib import Path

import diffusers
import torch
from safetensors.torch import load_file, save_file

PROMPT, SEED = "a red circle", 7
SD = {"beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear"}
PNDM = {"_class_name": "PNDMScheduler", **SD, "skip_prk_steps": True, "set_alpha_to_one": False, "steps_offset": 1}
FLOW = {"use_flow_sigmas": True, "prediction_type": "flow_prediction", "flow_shift": 3.0}


def entry(model, name=None, steps=5, guidance=5.0, scheduler=None, extra=None, call=None, options=(), **files):
    """name and options are mixdq's, scheduler, extra (settings) and call (arguments of the pipeline) diffusers'."""
    return dict(model=model, name=name, steps=steps, guidance=guidance, scheduler=scheduler, extra=extra or {},
                call=call or {}, options=list(options), **files)


def entries():
    multi, single = "DPMSolverMultistepScheduler", "DPMSolverSinglestepScheduler"
    karras = {"use_karras_sigmas": True, "use_exponential_sigmas": False, "use_beta_sigmas": False}
    plus, sde = {"algorithm_type": "dpmsolver++"}, {"algorithm_type": "sde-dpmsolver++"}
    chosen = [
        ("Euler a", "EulerAncestralDiscreteScheduler", {}),
        ("heun", "HeunDiscreteScheduler", {}),
        ("dpm2_karras", "KDPM2DiscreteScheduler", karras),
        ("dpm2_a", "KDPM2AncestralDiscreteScheduler", {}),
        ("ddpm", "DDPMScheduler", {}),
        ("PNDMScheduler", "PNDMScheduler", {}),
        ("DPM++ 2M Karras", multi, {**plus, **karras}),
        ("dpmpp_2m_sde", multi, sde),
        ("unipc_beta", "UniPCMultistepScheduler",
         {"use_karras_sigmas": False, "use_exponential_sigmas": False, "use_beta_sigmas": True,
          "timestep_spacing": "linspace"}),
        ("deis_exponential", "DEISMultistepScheduler",
         {"use_karras_sigmas": False, "use_exponential_sigmas": True, "use_beta_sigmas": False,
          "timestep_spacing": "linspace"}),
        ("lcm", "LCMScheduler", {}),
    ]
    for name, scheduler, extra in chosen:
        yield entry("sd15", name, scheduler=scheduler, extra=extra)
    yield entry("sd15", "ddim", scheduler="DDIMScheduler", call={"eta": 0.5}, options=["--eta", "0.5"])
    yield entry("sd15", "tcd", scheduler="TCDScheduler", call={"eta": 0.3}, options=["--eta", "0.3"])
    yield entry("sd15", call={"guidance_rescale": 0.7}, options=["--guidance-rescale", "0.7"])
    yield entry("sd15", steps=None, call={"timesteps": [999, 600, 200]}, options=["--timesteps", "999,600,200"])
    # Files as people publish them.
    for listed in ("EulerDiscreteScheduler", "DDIMScheduler", "UniPCMultistepScheduler", single, "LMSDiscreteScheduler"):
        yield entry("sd15", listed=listed, settings=PNDM)
    yield entry("sd15", listed="DDIMScheduler", settings={"_class_name": "DDIMScheduler", **SD})
    yield entry("sd15", listed="PNDMScheduler", settings={"_class_name": "PNDMScheduler", **SD})
    for listed in ("DDIMScheduler", multi, "LCMScheduler"):
        yield entry("05-trailing-is-not-turbo", listed=listed)
    yield entry("05-trailing-is-not-turbo", call={"guidance_rescale": 0.7}, options=["--guidance-rescale", "0.7"])
    yield entry("05-trailing-is-not-turbo", steps=3)
    for name, scheduler, extra in [
        ("heun", "FlowMatchHeunDiscreteScheduler", {}),
        ("euler_karras", "FlowMatchEulerDiscreteScheduler", karras),
        ("dpmpp_2m", multi, {**plus, **FLOW}),
        ("unipc", "UniPCMultistepScheduler", FLOW),
    ]:
        yield entry("sd3", name, scheduler=scheduler, extra=extra)
    yield entry("sd3", settings={"_class_name": "FlowMatchEulerDiscreteScheduler", "shift": 3.0,
                                 "use_dynamic_shifting": True, "base_image_seq_len": 16, "max_image_seq_len": 64})
    yield entry("lcm", steps=4, guidance=8.5)


def make_lcm(cases):
    """The shared model with a UNet that reads guidance, as a latent consistency model."""
    out = cases / "lcm" / "model"
    base = cases / "base" / "sd15"
    for part in ("unet", "scheduler"):
        (out / part).mkdir(parents=True, exist_ok=True)
    config = json.loads((base / "unet" / "config.json").read_text())
    config["time_cond_proj_dim"] = 32
    (out / "unet" / "config.json").write_text(json.dumps(config, indent=2) + "\n")
    weights = load_file(base / "unet" / "diffusion_pytorch_model.safetensors")
    width = weights["time_embedding.linear_1.weight"].shape[1]
    generator = torch.Generator().manual_seed(3)
    weights["time_embedding.cond_proj.weight"] = (torch.randn(width, 32, generator=generator) * 0.2).half()
    save_file(weights, out / "unet" / "diffusion_pytorch_model.safetensors", metadata={"format": "pt"})
    index = json.loads((base / "model_index.json").read_text())
    index["_class_name"] = "LatentConsistencyModelPipeline"
    index["scheduler"] = ["diffusers", "LCMScheduler"]
    (out / "model_index.json").write_text(json.dumps(index, indent=2) + "\n")
    settings = {"_class_name": "LCMScheduler", **SD, "original_inference_steps": 50}
    (out / "scheduler" / "scheduler_config.json").write_text(json.dumps(settings, indent=2) + "\n")
    (cases / "lcm" / "case.json").write_text('{"base": "sd15"}\n')


def assemble(cases, made, model):
    folder = made / model
    shutil.rmtree(folder, ignore_errors=True)
    if (cases / "base" / model).is_dir():
        return shutil.copytree(cases / "base" / model, folder)
    base = json.loads((cases / model / "case.json").read_text())["base"]
    shutil.copytree(cases / "base" / base, folder)
    return shutil.copytree(cases / model / "model", folder, dirs_exist_ok=True)


def draw(folder, what):
    index = folder / "model_index.json"
    if what.get("listed"):
        json_index = json.loads(index.read_text())
        json_index["scheduler"] = ["diffusers", what["listed"]]
        index.write_text(json.dumps(json_index))
    if what.get("settings"):
        (folder / "scheduler" / "scheduler_config.json").write_text(json.dumps(what["settings"]))
    pipe = diffusers.DiffusionPipeline.from_pretrained(folder, torch_dtype=torch.float32)
    pipe.set_progress_bar_config(disable=True)
    if what["scheduler"]:
        cls = getattr(diffusers, what["scheduler"])
        pipe.scheduler = cls.from_config(pipe.scheduler.config, **what["extra"])
    steps = {"num_inference_steps": what["steps"]} if what["steps"] else {}
    image = pipe(PROMPT, guidance_scale=what["guidance"], output_type="np", **steps, **what["call"],
                 generator=torch.Generator("cpu").manual_seed(SEED)).images[0]
    figures = {"mean": round(float(image.mean()), 6), "std": round(float(image.std()), 6)}
    for y, x in ((0, 0), (20, 30), (63, 63)):
        figures[f"pixel_{y}_{x}"] = [round(float(v), 5) for v in image[y, x]]
    return {"timesteps": [round(float(t), 3) for t in pipe.scheduler.timesteps], "image": figures}


def main():
    cases, made = Path(sys.argv[1]), Path(sys.argv[2])
    make_lcm(cases)
    recorded = []
    for what in entries():
        expected = draw(assemble(cases, made, what["model"]), what)
        options = ["--scheduler", what["name"]] if what["name"] else []
        options += ["--steps", str(what["steps"])] if what["steps"] else []
        options += ["--guidance", str(what["guidance"]), *what["options"]]
        kept = {k: what[k] for k in ("model", "listed", "settings") if what.get(k)}
        recorded.append({**kept, "options": options, "prompt": PROMPT, "seed": SEED, **expected})
    lines = ",\n".join(json.dumps(line) for line in recorded)
    (cases / "schedulers.json").write_text("[\n" + lines + "\n]\n")
    print(len(recorded), "pictures with diffusers", diffusers.__version__)


if __name__ == "__main__":
    main()
