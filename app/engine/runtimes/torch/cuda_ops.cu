// Operations of a decoder layer other than its matrix products, for NVIDIA GPUs.
//
// Compiled by NVRTC when a model is opened (see cuda_ops.py), with these constants defined in front: HEADS,
// KV_HEADS, HEAD_DIM, TILE, MAX_ROWS and MAX_SPLITS. No header is included: a user has torch's libraries and no CUDA
// toolkit. Numbers are bf16, taken as their 16 bits; arithmetic is in 32 bits, and each result is rounded once, to the
// nearest even.

typedef unsigned short bf16;

__device__ inline float widened(bf16 x) { return __uint_as_float((unsigned)x << 16); }

__device__ inline bf16 rounded(float x) {
  unsigned bits = __float_as_uint(x);
  return (bf16)((bits + 0x7fff + ((bits >> 16) & 1)) >> 16);
}

__device__ inline void unpack(uint4 packed, float* values) {
  unsigned words[4] = {packed.x, packed.y, packed.z, packed.w};
#pragma unroll
  for (int i = 0; i < 4; ++i) {
    values[2 * i] = __uint_as_float(words[i] << 16);
    values[2 * i + 1] = __uint_as_float(words[i] & 0xffff0000u);
  }
}

__device__ inline uint4 packed(const float* values) {
  unsigned words[4];
#pragma unroll
  for (int i = 0; i < 4; ++i) words[i] = rounded(values[2 * i]) | (unsigned)rounded(values[2 * i + 1]) << 16;
  return make_uint4(words[0], words[1], words[2], words[3]);
}

__device__ inline float warp_sum(float x) {
#pragma unroll
  for (int other = 16; other; other >>= 1) x += __shfl_xor_sync(0xffffffffu, x, other);
  return x;
}

__device__ inline float warp_max(float x) {
#pragma unroll
  for (int other = 16; other; other >>= 1) x = fmaxf(x, __shfl_xor_sync(0xffffffffu, x, other));
  return x;
}

// Returns the sum of `x` over a block of at most 1,024 threads (a multiple of 32) to every thread.
__device__ inline float block_sum(float x) {
  __shared__ float sums[32];
  x = warp_sum(x);
  if (threadIdx.x % 32 == 0) sums[threadIdx.x / 32] = x;
  __syncthreads();
  float total = threadIdx.x % 32 < blockDim.x / 32 ? sums[threadIdx.x % 32] : 0.0f;
  return warp_sum(total);
}

// qweight [inputs / 8, outputs], eight inputs in an int32 from its lowest bits; scales [inputs / group, outputs]
// -> out [outputs, inputs] = (q - 8) * scale. Blocks of 32 x 8 threads for 32 outputs and 256 inputs.
extern "C" __global__ void dequantize(const unsigned* qweight, const float* scales, uint4* out, int inputs,
                                      int outputs, int group) {
  __shared__ uint4 tile[32][33];
  int packed_rows = inputs / 8, x = threadIdx.x;
  for (int y = threadIdx.y; y < 32; y += 8) {
    int n = blockIdx.x * 32 + x, k = blockIdx.y * 32 + y;
    if (n >= outputs || k >= packed_rows) continue;
    unsigned eight = qweight[(long long)k * outputs + n];
    float scale = scales[(long long)(k * 8 / group) * outputs + n], values[8];
#pragma unroll
    for (int i = 0; i < 8; ++i) values[i] = ((int)(eight >> (4 * i) & 15) - 8) * scale;
    tile[x][y] = packed(values);
  }
  __syncthreads();
  for (int y = threadIdx.y; y < 32; y += 8) {
    int n = blockIdx.x * 32 + y, k = blockIdx.y * 32 + x;
    if (n < outputs && k < packed_rows) out[(long long)n * packed_rows + k] = tile[y][x];
  }
}

#ifdef HEADS  // Undefined if only the dequantisation is compiled.

#define GROUP (HEADS / KV_HEADS)
#define WARPS (HEAD_DIM / 32)
#define MINUS_INFINITY __int_as_float(0xff800000)

// Rows of `width`, a multiple of 8: sum = x + delta where `adds`, otherwise x; normed = RMS norm of that.
// One block for each row.
extern "C" __global__ void add_rms_norm(const bf16* x, const bf16* delta, const bf16* weight, bf16* sum, bf16* normed,
                                        int width, int adds, double epsilon) {
  long long row = (long long)blockIdx.x * width;
  const bf16* source = adds ? sum : x;
  float squares = 0.0f;
  for (int i = threadIdx.x * 8; i < width; i += blockDim.x * 8) {
    float values[8], more[8];
    unpack(*(const uint4*)(x + row + i), values);
    if (adds) {
      unpack(*(const uint4*)(delta + row + i), more);
#pragma unroll
      for (int k = 0; k < 8; ++k) values[k] = widened(rounded(values[k] + more[k]));
      *(uint4*)(sum + row + i) = packed(values);
    }
#pragma unroll
    for (int k = 0; k < 8; ++k) squares += values[k] * values[k];
  }
  float scale = rsqrtf(block_sum(squares) / width + (float)epsilon);
  for (int i = threadIdx.x * 8; i < width; i += blockDim.x * 8) {
    float values[8], weights[8];
    unpack(*(const uint4*)(source + row + i), values);  // Its own thread has written it.
    unpack(*(const uint4*)(weight + i), weights);
#pragma unroll
    for (int k = 0; k < 8; ++k) values[k] *= scale * weights[k];
    *(uint4*)(normed + row + i) = packed(values);
  }
}

// qkv [T, HEADS + 2 * KV_HEADS, HEAD_DIM] -> queries [T, HEADS, HEAD_DIM], and keys and values at slots start + t of
// the cache [2, KV_HEADS, allocated, HEAD_DIM]. Queries and keys are normed and rotated by the cosines and sines [T,
// HEAD_DIM]. One block of HEAD_DIM threads for each token and head.
extern "C" __global__ void rope_and_cache_kv(const bf16* qkv, const bf16* query_norm, const bf16* key_norm,
                                             const float* cosines, const float* sines, bf16* queries, bf16* cache,
                                             const int* start, int allocated, double epsilon) {
  __shared__ float rotated[HEAD_DIM];
  int t = blockIdx.x, head = blockIdx.y, i = threadIdx.x;
  bf16 own = qkv[((long long)t * (HEADS + 2 * KV_HEADS) + head) * HEAD_DIM + i];
  long long slot = ((long long)(head - HEADS) * allocated + *start + t) * HEAD_DIM + i;
  if (head >= HEADS + KV_HEADS) {
    cache[slot] = own;
    return;
  }
  float value = widened(own);
  float scale = rsqrtf(block_sum(value * value) / HEAD_DIM + (float)epsilon);
  float normed = widened(rounded(value * scale * widened((head < HEADS ? query_norm : key_norm)[i])));
  rotated[i] = normed;
  __syncthreads();
  float other = i < HEAD_DIM / 2 ? -rotated[i + HEAD_DIM / 2] : rotated[i - HEAD_DIM / 2];
  bf16 result = rounded(normed * cosines[t * HEAD_DIM + i] + other * sines[t * HEAD_DIM + i]);
  if (head < HEADS)
    queries[((long long)t * HEADS + head) * HEAD_DIM + i] = result;
  else
    cache[slot] = result;
}

// Attention of a few tokens over one split, `chunk` keys, of the KV cache; online softmax, in tiles of keys. part
// [splits, KV_HEADS, TOKENS * GROUP, HEAD_DIM]: sums of values, not yet divided; maxima and total (the same without
// HEAD_DIM): the largest score and the sum of weights relative to it. One block of HEAD_DIM threads for each split and
// KV head; a split beyond the last token writes nothing.
template <int TOKENS>
__device__ inline void attention_split(const bf16* queries, const bf16* cache, const int* start, float* part,
                                       float* maxima, float* total, int allocated, int chunk) {
  const int rows = TOKENS * GROUP;
  // Each thread holds 32 dimensions of a key; padding keeps the threads of one key in different banks.
  __shared__ __align__(16) float query[rows][WARPS][32 + 4];
  __shared__ __align__(16) bf16 value[TILE][HEAD_DIM + 8];
  __shared__ __align__(16) float weight[rows][TILE];
  __shared__ float highest[rows], sum[rows], shrink[rows];
  int i = threadIdx.x, lane = i % 32, warp = i / 32, kv_head = blockIdx.y;
  int key = i / WARPS, part_of_key = i % WARPS;
  int first = *start, begin = blockIdx.x * chunk, end = min(begin + chunk, first + TOKENS);
  if (begin >= end) return;
  const bf16* keys = cache + (long long)kv_head * allocated * HEAD_DIM;
  const bf16* values = keys + (long long)KV_HEADS * allocated * HEAD_DIM;
  const float scale = rsqrtf((float)HEAD_DIM);
  float sums[rows];
#pragma unroll
  for (int r = 0; r < rows; ++r) {
    sums[r] = 0.0f;
    bf16 own = queries[((r / GROUP) * HEADS + kv_head * GROUP + r % GROUP) * HEAD_DIM + i];
    query[r][warp][lane] = widened(own) * scale;
  }
  for (int r = i; r < rows; r += HEAD_DIM) {
    highest[r] = MINUS_INFINITY;
    sum[r] = 0.0f;
  }
  for (int tile = begin; tile < end; tile += TILE) {
    uint4 key_part[4], value_part[4];
    long long slot = (long long)(tile + key) * HEAD_DIM + part_of_key * 32;
#pragma unroll
    for (int n = 0; n < 4; ++n) {
      key_part[n] = value_part[n] = make_uint4(0, 0, 0, 0);
      if (tile + key < end) {
        key_part[n] = *(const uint4*)(keys + slot + 8 * n);
        value_part[n] = *(const uint4*)(values + slot + 8 * n);
      }
    }
    float own[32];
#pragma unroll
    for (int n = 0; n < 4; ++n) unpack(key_part[n], own + 8 * n);
    __syncthreads();
#pragma unroll 4
    for (int r = 0; r < rows; ++r) {
      float score = 0.0f;
#pragma unroll
      for (int d = 0; d < 32; d += 4) {
        float4 q = *(const float4*)&query[r][part_of_key][d];
        score += own[d] * q.x + own[d + 1] * q.y + own[d + 2] * q.z + own[d + 3] * q.w;
      }
#pragma unroll
      for (int other = WARPS / 2; other; other >>= 1) score += __shfl_xor_sync(0xffffffffu, score, other);
      bool is_visible = tile + key < end && tile + key <= first + r / GROUP;
      if (part_of_key == 0) weight[r][key] = is_visible ? score : MINUS_INFINITY;
    }
#pragma unroll
    for (int n = 0; n < 4; ++n) *(uint4*)&value[key][part_of_key * 32 + 8 * n] = value_part[n];
    __syncthreads();
    for (int r = warp; r < rows; r += WARPS) {
      float score = weight[r][lane], before = highest[r], now = fmaxf(before, warp_max(score));
      float share = score == MINUS_INFINITY ? 0.0f : __expf(score - now);
      float shares = warp_sum(share);
      weight[r][lane] = share;
      if (lane == 0) {
        float kept = before == MINUS_INFINITY ? 0.0f : __expf(before - now);
        highest[r] = now;
        shrink[r] = kept;
        sum[r] = sum[r] * kept + shares;
      }
    }
    __syncthreads();
#pragma unroll
    for (int r = 0; r < rows; ++r) sums[r] *= shrink[r];
#pragma unroll
    for (int k = 0; k < TILE; k += 4) {
      float v[4];
#pragma unroll
      for (int j = 0; j < 4; ++j) v[j] = widened(value[k + j][i]);
#pragma unroll
      for (int r = 0; r < rows; ++r) {
        float4 w = *(const float4*)&weight[r][k];
        sums[r] += w.x * v[0] + w.y * v[1] + w.z * v[2] + w.w * v[3];
      }
    }
    __syncthreads();
  }
  long long own = (long long)(blockIdx.x * KV_HEADS + kv_head) * rows;
#pragma unroll
  for (int r = 0; r < rows; ++r) part[(own + r) * HEAD_DIM + i] = sums[r];
  for (int r = i; r < rows; r += HEAD_DIM) {
    maxima[own + r] = highest[r];
    total[own + r] = sum[r];
  }
}

// Merges at most MAX_SPLITS partial results: out [tokens, HEADS, HEAD_DIM].
// One block of HEAD_DIM threads for each head and token.
extern "C" __global__ void merge_attn_states(const float* part, const float* maxima, const float* total,
                                             const int* start, bf16* out, int chunk) {
  __shared__ float shares[MAX_SPLITS];
  int head = blockIdx.x, t = blockIdx.y, tokens = gridDim.y, i = threadIdx.x, rows = tokens * GROUP;
  int row = (head / GROUP) * rows + t * GROUP + head % GROUP, parts = (*start + tokens + chunk - 1) / chunk;
  long long step = KV_HEADS * rows;
  if (i < 32) {
    float highest = MINUS_INFINITY, sum = 0.0f;
    for (int n = i; n < parts; n += 32) highest = fmaxf(highest, maxima[n * step + row]);
    highest = warp_max(highest);
    for (int n = i; n < parts; n += 32) {
      float share = __expf(maxima[n * step + row] - highest);
      sum += share * total[n * step + row];
      shares[n] = share;
    }
    sum = warp_sum(sum);
    for (int n = i; n < parts; n += 32) shares[n] /= sum;
  }
  __syncthreads();
  float result = 0.0f;
#pragma unroll 8
  for (int n = 0; n < parts; ++n) result += shares[n] * part[(n * step + row) * HEAD_DIM + i];
  out[((long long)t * HEADS + head) * HEAD_DIM + i] = rounded(result);
}

#define ATTENTION(TOKENS)                                                                                             \
  extern "C" __global__ void attention_##TOKENS(const bf16* queries, const bf16* cache, const int* start,             \
                                                float* part, float* maxima, float* total, int allocated, int chunk) { \
    attention_split<TOKENS>(queries, cache, start, part, maxima, total, allocated, chunk);                            \
  }
ATTENTION(1)
#if 2 * GROUP <= MAX_ROWS
ATTENTION(2)
#endif
#if 4 * GROUP <= MAX_ROWS
ATTENTION(4)
#endif
#if 8 * GROUP <= MAX_ROWS
ATTENTION(8)
#endif
#if 16 * GROUP <= MAX_ROWS
ATTENTION(16)
#endif

// gate_up [T, 2 * width] -> out [T, width] = silu(gate) * up; `width` is a multiple of 8, one thread for eight numbers.
extern "C" __global__ void silu_and_mul(const bf16* gate_up, bf16* out, int tokens, int width) {
  long long first = ((long long)blockIdx.x * blockDim.x + threadIdx.x) * 8;
  if (first >= (long long)tokens * width) return;
  long long t = first / width, i = first % width;
  float gates[8], ups[8];
  unpack(*(const uint4*)(gate_up + t * 2 * width + i), gates);
  unpack(*(const uint4*)(gate_up + t * 2 * width + width + i), ups);
#pragma unroll
  for (int k = 0; k < 8; ++k) ups[k] *= gates[k] / (1.0f + __expf(-gates[k]));
  *(uint4*)(out + first) = packed(ups);
}

#endif  // HEADS
