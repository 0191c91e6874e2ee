"""The functions that a saved model may name: all compute with tensors and touch nothing else.

Left out are functions that read or write files, print, call Python, or take functions (`map_fn`, `while_loop`).
TensorFlow has many of them under several names (`math.add`, `add`, `compat.v1.add`), so a name is split: its last part
must be known, and the rest must be a part of TensorFlow that has no function of the same name that does more.
"""


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


TENSOR_NAMESPACES = _names(
    """
    __operators__ bitwise compat.v1 compat.v1.image compat.v1.linalg compat.v1.math compat.v1.nn compat.v1.random
    compat.v1.signal compat.v1.sparse compat.v1.strings debugging dtypes experimental.numpy image keras.activations
    keras.backend keras.losses keras.metrics linalg math math.special nn quantization ragged random signal sparse
    strings
    """
) | {""}

_ELEMENTWISE = """
abs accumulate_n acos acosh add add_n angle approx_max_k approx_min_k arg_max arg_min argmax argmin argsort asin
asinh atan atan2 atanh ne eq bessel_i0 bessel_i0e bessel_i1 bessel_i1e bessel_j0 bessel_j1 bessel_k0 bessel_k0e
bessel_k1 bessel_k1e bessel_y0 bessel_y1 betainc bincount bitcast bitwise_and bitwise_or bitwise_xor cast
cast_to_floatx ceil check_numerics clip clip_by_average_norm clip_by_global_norm clip_by_norm clip_by_value complex
confusion_matrix conj cos cosh count_nonzero cross cumprod cumsum cumulative_logsumexp dawsn digamma div divide
divide_no_nan equal erf erfc erfcinv erfinv exp expint expm1 floor floor_div floordiv floormod fresnel_cos
fresnel_sin greater greater_equal histogram_fixed_width histogram_fixed_width_bins identity identity_n igamma
igammac imag in_top_k invert invert_permutation is_finite is_inf is_nan is_non_decreasing is_strictly_increasing
lbeta left_shift less less_equal lgamma log log1p logical_and logical_not logical_or logical_xor max maximum mean
min minimum mod mul multiply multiply_no_nan ndtri neg negative nextafter not_equal polygamma polyval pow prod real
realdiv reciprocal reciprocal_no_nan reduce_all reduce_any reduce_euclidean_norm reduce_logsumexp reduce_max
reduce_max_sparse reduce_mean reduce_min reduce_prod reduce_std reduce_sum reduce_sum_sparse reduce_variance
right_shift rint round rsqrt saturate_cast scalar_mul segment_max segment_mean segment_min segment_prod segment_sum
sign sin sinh sobol_sample spence sqrt square squared_difference std stop_gradient sub subtract sum tan
to_bfloat16 to_complex128 to_complex64 to_double to_float to_int32 to_int64 top_k truediv truncatediv truncatemod
unsorted_segment_max unsorted_segment_mean unsorted_segment_min unsorted_segment_prod unsorted_segment_sqrt_n
unsorted_segment_sum var xdivy xlog1py xlogy zero_fraction zeta all any
"""

_ARRANGING = """
arange approx_top_k batch_flatten batch_gather batch_to_space batch_to_space_nd boolean_mask broadcast_dynamic_shape
broadcast_to concat concatenate convert_to_tensor constant dynamic_partition dynamic_stitch ensure_shape expand_dims
extract_volume_patches eye fill flatten gather gather_nd getitem guarantee_const linspace meshgrid moveaxis one_hot
ones ones_like pad parallel_stack permute_dimensions ragged_getitem random_index_shuffle range rank repeat
repeat_elements reshape reverse reverse_sequence roll row_splits_to_segment_ids scatter_nd searchsorted
segment_ids_to_row_splits sequence_mask setdiff1d shape shape_n size slice sort space_to_batch space_to_batch_nd
sparse_to_dense spatial_2d_padding spatial_3d_padding split squeeze stack stack_dynamic_partitions strided_slice
swapaxes switch temporal_padding tensor_scatter_nd_add tensor_scatter_nd_max tensor_scatter_nd_min
tensor_scatter_nd_sub tensor_scatter_nd_update tile to_dense transpose unique unique_with_counts unravel_index
unstack where zeros zeros_like
"""

_NETWORKS = """
atrous_conv2d atrous_conv2d_transpose avg_pool avg_pool1d avg_pool2d avg_pool3d batch_dot batch_normalization
batch_norm_with_global_normalization bias_add binary_accuracy binary_crossentropy binary_focal_crossentropy
categorical_accuracy categorical_crossentropy categorical_focal_crossentropy categorical_hinge conv conv1d
conv1d_transpose conv2d conv2d_backprop_filter conv2d_backprop_input conv2d_transpose conv3d conv3d_transpose
conv_transpose convolution cosine_similarity crelu ctc_batch_cost ctc_beam_search_decoder ctc_decode
ctc_greedy_decoder ctc_loss depth_to_space depthwise_conv2d depthwise_conv2d_backprop_filter
depthwise_conv2d_backprop_input depthwise_conv2d_native dilation2d dot dropout elu embedding_lookup erosion2d
exponential fake_quant_with_min_max_args fake_quant_with_min_max_vars fake_quant_with_min_max_vars_per_channel
fractional_avg_pool fractional_max_pool fused_batch_norm gelu hard_sigmoid hinge huber
kl_divergence l2_loss l2_normalize leaky_relu linear local_conv1d local_conv2d local_response_normalization
log_cosh log_poisson_loss log_sigmoid log_softmax max_pool max_pool1d max_pool2d max_pool3d max_pool_with_argmax
mean_absolute_error mean_absolute_percentage_error mean_squared_error mean_squared_logarithmic_error mish moments
normalize normalize_moments poisson pool2d pool3d quantize quantize_and_dequantize quantize_and_dequantize_v2
dequantize relu relu6 relu_layer resize_images resize_volumes selu separable_conv2d sigmoid
sigmoid_cross_entropy_with_logits silu softmax softmax_cross_entropy_with_logits
softmax_cross_entropy_with_logits_v2 softplus softsign space_to_depth sparse_categorical_accuracy
sparse_categorical_crossentropy sparse_softmax_cross_entropy_with_logits sparse_top_k_categorical_accuracy
squared_hinge sufficient_statistics swish tanh top_k_categorical_accuracy weighted_cross_entropy_with_logits
weighted_moments xw_plus_b
"""

_ALGEBRA_AND_SIGNALS = """
adjoint band_part cholesky cholesky_solve dct det diag diag_part eig eigh eigh_tridiagonal eigvals eigvalsh einsum
expm fft fft2d fft3d fftnd fftshift frame global_norm hamming_window hann_window idct ifft ifft2d ifft3d ifftnd
ifftshift inv inverse_mdct inverse_stft irfft irfft2d irfft3d irfftnd kaiser_bessel_derived_window kaiser_window
linear_to_mel_weight_matrix logdet lstsq lu lu_matrix_inverse lu_reconstruct lu_solve matmul matrix_rank
matrix_transpose matvec mdct mfccs_from_log_mel_spectrograms norm overlap_and_add pinv qr rfft rfft2d rfft3d rfftnd
set_diag solve sparse_matmul sqrtm stft svd tensor_diag tensor_diag_part tensordot trace triangular_solve
tridiagonal_matmul tridiagonal_solve vorbis_window
"""

_IMAGES = """
adjust_brightness adjust_contrast adjust_gamma adjust_hue adjust_saturation central_crop
combined_non_max_suppression convert_image_dtype crop_and_resize crop_to_bounding_box draw_bounding_boxes
extract_glimpse extract_image_patches extract_patches flip_left_right flip_up_down grayscale_to_rgb hsv_to_rgb
image_gradients non_max_suppression non_max_suppression_overlaps non_max_suppression_padded
non_max_suppression_with_scores pad_to_bounding_box per_image_standardization psnr random_brightness
random_contrast random_crop random_flip_left_right random_flip_up_down random_hue random_saturation resize
resize_area resize_bicubic resize_bilinear resize_image_with_pad resize_nearest_neighbor resize_with_crop_or_pad
resize_with_pad rgb_to_grayscale rgb_to_hsv rgb_to_yiq rgb_to_yuv rot90 sobel_edges ssim ssim_multiscale
stateless_random_brightness stateless_random_contrast stateless_random_crop stateless_random_flip_left_right
stateless_random_flip_up_down stateless_random_hue stateless_random_saturation total_variation yiq_to_rgb
yuv_to_rgb
"""

_RANDOM_AND_TEXT = """
categorical gamma multinomial normal random_bernoulli random_binomial random_normal random_uniform shuffle
stateless_binomial stateless_categorical stateless_gamma stateless_normal stateless_poisson
stateless_truncated_normal stateless_uniform truncated_normal uniform
as_string bytes_split join length lower ngrams reduce_join regex_full_match regex_replace string_split strip substr
to_hash_bucket to_hash_bucket_fast to_hash_bucket_strong to_number unicode_decode unicode_decode_with_offsets
unicode_encode unicode_script unicode_split unicode_split_with_offsets unicode_transcode unsorted_segment_join upper
"""

TENSOR_FUNCTIONS = _names(
    " ".join((_ELEMENTWISE, _ARRANGING, _NETWORKS, _ALGEBRA_AND_SIGNALS, _IMAGES, _RANDOM_AND_TEXT))
)
"""Last parts of the names of TensorFlow's functions, as operator layers of Keras 2 (`TFOpLambda`) have them."""

GRAPH_OPERATIONS = _names(
    """
    Abs Add AddN AddV2 All Any ArgMax ArgMin AvgPool BatchMatMul BatchMatMulV2 BatchMatMulV3 BatchToSpaceND BiasAdd
    BroadcastTo Cast Ceil ClipByValue Concat ConcatV2 Conv2D Conv2DBackpropInput Conv3D Cos Cumprod Cumsum
    DepthToSpace DepthwiseConv2dNative Div DivNoNan Einsum Elu Equal Erf Exp ExpandDims Expm1 Fill Floor FloorDiv
    FloorMod FusedBatchNorm FusedBatchNormV2 FusedBatchNormV3 Gather GatherNd GatherV2 Greater GreaterEqual Identity
    IdentityN IsFinite IsNan L2Loss LeakyRelu Less LessEqual Log Log1p LogSoftmax LogicalAnd LogicalNot LogicalOr
    MatMul Max MaxPool Maximum Mean Min Minimum MirrorPad Mul Neg NotEqual OneHot OnesLike Pack Pad PadV2 Pow Prod
    Range Rank RealDiv Reciprocal Relu Relu6 Reshape ResizeArea ResizeBicubic ResizeBilinear ResizeNearestNeighbor
    ReverseSequence ReverseV2 Roll Round Rsqrt Select SelectV2 Selu Shape Sigmoid Sign Sin Size Slice Softmax
    Softplus Softsign SpaceToBatchND SpaceToDepth Split SplitV Sqrt Square SquaredDifference Squeeze StopGradient
    StridedSlice Sub Sum Tan Tanh Tile TopKV2 Transpose Unpack Where Xdivy ZerosLike
    """
)
"""Operations of a TensorFlow graph, as the operator layers of TensorFlow 2.0 to 2.3 (`TensorFlowOpLayer`) have them."""

RAGGED_CLASS_METHODS = _names(
    """
    from_value_rowids from_row_splits from_row_lengths from_row_starts from_row_limits from_uniform_row_length
    from_nested_value_rowids from_nested_row_splits from_nested_row_lengths from_tensor from_sparse
    """
)
TENSOR_ATTRIBUTES = _names(
    """
    values flat_values row_splits nested_row_splits indices dense_shape value_rowids nested_value_rowids nrows
    row_starts row_limits row_lengths nested_row_lengths bounding_shape with_values with_flat_values
    with_row_splits_dtype merge_dims to_tensor to_sparse
    """
)
"""What Keras 2 makes operator layers of, of ragged and sparse tensors (tf_keras/src/layers/core/tf_op_layer.py)."""

ACTIVATIONS = _names(
    """
    celu elu exponential gelu glu hard_shrink hard_sigmoid hard_silu hard_swish hard_tanh leaky_relu linear
    log_sigmoid log_softmax mish relu relu6 selu sigmoid silu soft_shrink softmax softplus softsign sparse_plus
    sparse_sigmoid sparsemax squareplus swish tanh tanh_shrink threshold
    """
)
LOSSES_AND_METRICS = _names(
    """
    KLD MAE MAPE MSE MSLE acc accuracy bce binary_accuracy binary_crossentropy binary_focal_crossentropy
    categorical_accuracy categorical_crossentropy categorical_focal_crossentropy
    categorical_generalized_cross_entropy categorical_hinge ce circle concordance_correlation cosine_similarity
    crossentropy ctc dice hinge huber kl_divergence kld kullback_leibler_divergence log_cosh logcosh mae mape
    mean_absolute_error mean_absolute_percentage_error mean_squared_error mean_squared_logarithmic_error mse msle
    pearson_correlation poisson sparse_categorical_accuracy sparse_categorical_crossentropy
    sparse_top_k_categorical_accuracy squared_hinge top_k_categorical_accuracy tversky
    """
)
INITIALIZERS = _names(
    """
    constant glorot_normal glorot_uniform he_normal he_uniform identity lecun_normal lecun_uniform ones orthogonal
    random_normal random_uniform stft truncated_normal variance_scaling zeros
    """
)
KNOWN_FUNCTIONS = ACTIVATIONS | LOSSES_AND_METRICS | INITIALIZERS
"""Keras's own functions that configs name."""


def is_tensor_function(name: str) -> bool:
    """Whether a public name of TensorFlow's (`math.add`, `compat.v1.nn.relu`) is a function that only computes."""
    namespace, _, last = name.rpartition(".")
    return namespace in TENSOR_NAMESPACES and last in TENSOR_FUNCTIONS
