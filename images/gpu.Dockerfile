# The fleet's image, with what TensorFlow needs to compute on a GPU: for services with a step that asks for one.
#   docker build --file images/gpu.Dockerfile --build-arg FLEET=REPOSITORY:TAG --build-arg BACKEND=node-gpu --tag REPOSITORY-gpu:TAG images
# Both arguments have to be given: buildah leaves out stages that only a default names. BACKEND=wasm comes to the fleet's image, and says which
# backend it has: for what can be tried without NVIDIA's libraries.
ARG FLEET
ARG BACKEND
ARG BASE=node:22-trixie-slim
# @tensorflow/tfjs-node-gpu 4.22.0 loads libtensorflow 2.9.1 (its scripts/deps-constants.js), which is built for CUDA 11.2 and cuDNN 8.1
# (https://www.tensorflow.org/install/source#gpu, tensorflow-2.9.0).
ARG CUDA=nvidia/cuda:11.2.2-cudnn8-runtime-ubuntu20.04

# Its libraries alone: the driver comes from the node. Links are kept, since what is loaded goes by its short name.
FROM ${CUDA} AS cuda
RUN mkdir --parents /gathered \
  && cp --no-dereference \
    /usr/local/cuda/lib64/libcudart.so* /usr/local/cuda/lib64/libcublas.so* /usr/local/cuda/lib64/libcublasLt.so* \
    /usr/local/cuda/lib64/libcufft.so* /usr/local/cuda/lib64/libcurand.so* /usr/local/cuda/lib64/libcusolver.so* \
    /usr/local/cuda/lib64/libcusparse.so* /usr/lib/x86_64-linux-gnu/libcudnn*.so* /gathered/

# What of the package is JavaScript, and a list of it with its licences.
FROM ${BASE} AS modules
WORKDIR /native
COPY gpu-package.json package.json
RUN npm install --ignore-scripts --omit=dev --no-audit --no-fund \
  && npm sbom --sbom-format cyclonedx --omit=dev >sbom.cdx.json

# Its own installation downloads libtensorflow, and what binds it to Node: made here where there is none for this Node.
FROM modules AS native
# hadolint ignore=DL3008
RUN apt-get update \
  && apt-get install --yes --no-install-recommends ca-certificates python3 make g++ \
  && npm rebuild @tensorflow/tfjs-node-gpu

# hadolint ignore=DL3006
FROM ${FLEET} AS backend-wasm
ENV SEGUE_TENSORFLOW_BACKEND=wasm

# hadolint ignore=DL3006
FROM ${FLEET} AS backend-node-gpu
COPY --from=cuda /gathered /usr/local/cuda/lib64
# Beside the fleet's own packages: Node looks there last.
COPY --from=native /native/node_modules /node_modules
COPY --from=native /native/sbom.cdx.json /native.sbom.cdx.json
# Where GKE puts the driver comes to the libraries; what NVIDIA's container runtime is asked for is all GPUs that the container was given, to compute.
# Kernels that the driver compiles for a newer GPU are kept where a read-only container has room, within its 64 MiB; memory is taken as it is needed.
ENV SEGUE_TENSORFLOW_BACKEND=node-gpu \
  LD_LIBRARY_PATH=/usr/local/cuda/lib64:/usr/local/nvidia/lib64:/usr/local/nvidia/lib \
  NVIDIA_VISIBLE_DEVICES=all \
  NVIDIA_DRIVER_CAPABILITIES=compute,utility \
  CUDA_CACHE_PATH=/tmp/cuda \
  CUDA_CACHE_MAXSIZE=33554432 \
  TF_FORCE_GPU_ALLOW_GROWTH=true \
  TF_CPP_MIN_LOG_LEVEL=1

# User, entry point and all else are the fleet's.
# hadolint ignore=DL3006
FROM backend-${BACKEND}
