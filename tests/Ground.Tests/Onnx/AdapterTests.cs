using Kumiki.Native.OnnxRuntime;
using Kumiki.Onnx;
using Xunit;

namespace Kumiki.Ground.Tests.Onnx;

public sealed class AdapterTests
{
    static float[] Numbers<T>(ColumnKind kind, params T[] values)
    {
        var into = new float[values.Length];
        Adapter.Write<T>(kind, values, [], 0, into);
        return into;
    }

    static string[] Texts<T>(params T[] values)
    {
        using var into = OnnxTensor.Of(TensorType.Text, values.Length, 1);
        Adapter.WriteTexts<T>(values, [], 0, into);
        return [.. Enumerable.Range(0, values.Length).Select(into.GetText)];
    }

    [Fact]
    public void Numbers_go_through_double_to_float()
    {
        Assert.Equal([0.1f, -3, float.NaN], Numbers<double?>(ColumnKind.Number, 0.1, -3, null));
        Assert.Equal([0.1f, 1.2345679e19f], Numbers<decimal>(ColumnKind.Number, 0.1m, 12345678901234567890.1m));
        Assert.Equal([(float)(double)9007199254740993L, 7], Numbers<long>(ColumnKind.Number, 9007199254740993L, 7));
        Assert.Equal([1.5f, float.NaN, float.NaN], Numbers<float?>(ColumnKind.Number, 1.5f, null, float.NaN));
        Assert.Equal([5f, float.NaN], Numbers<byte?>(ColumnKind.Number, 5, null));
        Assert.Equal([5f, float.NaN], Numbers<short?>(ColumnKind.Number, 5, null));
        Assert.Equal([5f, float.NaN], Numbers<int?>(ColumnKind.Number, 5, null));
        Assert.Equal([5f, float.NaN], Numbers<long?>(ColumnKind.Number, 5, null));
        Assert.Equal([5f, float.NaN], Numbers<decimal?>(ColumnKind.Number, 5, null));
    }

    [Fact]
    public void Days_are_counted_from_1970()
    {
        Assert.Equal([0, 19782, -1, float.NaN],
            Numbers<DateOnly?>(ColumnKind.Date, new DateOnly(1970, 1, 1), new DateOnly(2024, 2, 29), new DateOnly(1969, 12, 31), null));
        Assert.Equal([19782], Numbers<int>(ColumnKind.Date, 19782));
    }

    [Fact]
    public void Flags_are_zero_and_one() => Assert.Equal([1, 0, float.NaN], Numbers<bool?>(ColumnKind.Flag, true, false, null));

    enum Size { Small, Large }

    [Fact]
    public void Texts_stay_as_they_are_enums_give_their_names_and_integers_their_digits()
    {
        Assert.Equal(["", "", " 組木\0é ", "\uFFFD"], Texts<string?>(null, "", " 組木\0é ", "\uD800"));
        Assert.Equal(["Small", "Large"], Texts(Size.Small, Size.Large));
        Assert.Equal(["Large", ""], Texts<Size?>(Size.Large, null));
        Assert.Equal(["-42", ""], Texts<long?>(-42, null));
    }

    [Fact]
    public void A_row_whose_bit_is_zero_is_missing_wherever_the_bits_begin()
    {
        ulong[] valid = [~0UL << 1, 0b101];
        var into = new float[4];

        Adapter.Write<double>(ColumnKind.Number, [1, 2, 3, 4], valid, 63, into);

        Assert.Equal([1, 2, float.NaN, 4], into);
    }

    [Theory]
    [InlineData(ColumnKind.Number, "System.Double System.Int32 System.Decimal System.Int64 System.Single")]
    [InlineData(ColumnKind.Date, "System.Int32 System.DateOnly")]
    [InlineData(ColumnKind.Flag, "System.Boolean")]
    [InlineData(ColumnKind.Text, "System.String System.Int32 System.Int64 System.DayOfWeek")]
    public void A_kind_takes_its_own_types_and_no_others(ColumnKind kind, string types)
    {
        (Type, bool)[] all =
        [
            (typeof(double), Adapter.Takes<double?>(kind)), (typeof(string), Adapter.Takes<string>(kind)), (typeof(int), Adapter.Takes<int>(kind)),
            (typeof(decimal), Adapter.Takes<decimal>(kind)), (typeof(bool), Adapter.Takes<bool?>(kind)), (typeof(long), Adapter.Takes<long>(kind)),
            (typeof(DateOnly), Adapter.Takes<DateOnly>(kind)), (typeof(DateTime), Adapter.Takes<DateTime>(kind)), (typeof(float), Adapter.Takes<float>(kind)),
            (typeof(DayOfWeek), Adapter.Takes<DayOfWeek?>(kind)), (typeof(object), Adapter.Takes<object>(kind)),
        ];

        Assert.Equal(types.Split(' ').Order(), all.Where(t => t.Item2).Select(t => t.Item1.FullName).Order());
    }

    [Fact]
    public void The_golden_values_of_columns_1_stay_what_they_are()
    {
        var golden = Adapter.Golden([ColumnKind.Number, ColumnKind.Date, ColumnKind.Flag, ColumnKind.Text]);

        Assert.Equal("columns/1", Adapter.Name);
        Assert.Equal(
            "0=00000000 -1.5=BFC00000 0.1=3DCCCCCD 1E-42=000002CA 123456789.125=4CEB79A3 ?=FFC00000 0.1=3DCCCCCD "
            + "12345678901234567890.123456789=5F2B54AA 16777217=4B800000 -9007199254740993=DA000000 1970-01-01=00000000 2024-02-29=469A8C00 "
            + "1969-12-31=BF800000 9999-12-31=4A330280 ?=FFC00000 False=00000000 True=3F800000 "
            + "?=FFC00000 = ?=  Ｋumiki é 組木 = Ｋumiki é 組木  -42=-42 Monday=Monday",
            string.Join(" ", golden.Select(g => $"{g.Value ?? "?"}={g.Tensor}")));
    }

    [Fact]
    public void A_model_made_with_a_newer_adapter_is_refused_by_its_name()
    {
        var newer = World.Model.WithMetadata("kumiki.adapter", "columns/2").ToBytes();

        Assert.Equal(
            "The model was made with adapter columns/2, but this program has columns/1; run a Kumiki that has columns/2, or make the model again.",
            Assert.Throws<KumikiException>(() => Scorer.Open(newer)).Says.In("en"));
    }

    [Fact]
    public void A_model_whose_golden_values_no_longer_hold_is_refused()
    {
        var golden = World.Model.Metadata["kumiki.golden"];
        var changed = World.Model.WithMetadata("kumiki.golden", golden.Replace("469A8C00", "469A8C01", StringComparison.Ordinal)).ToBytes();

        Assert.Equal(
            "The adapter turns DateOnly 2024-02-29 into 469A8C00, but when the model was made it was 469A8C01; "
            + "run the Kumiki the model was made with, or make it again.",
            Assert.Throws<KumikiException>(() => Scorer.Open(changed)).Says.In("en"));
    }

    [Fact]
    public void A_model_that_says_nothing_of_an_adapter_is_refused()
    {
        var e = Assert.Throws<KumikiException>(() => Scorer.Open(Learners.Linear([1, 2], 0).ToBytes()));

        Assert.Equal("onnx.not-ours", e.Says.Id);
    }

    [Fact]
    public void Damaged_bytes_are_refused_with_the_words_of_onnx_runtime()
    {
        var bytes = World.Model.ToBytes();

        var e = Assert.Throws<Native.NativeException>(() => Scorer.Open(bytes.AsMemory(0, bytes.Length / 2)));

        Assert.StartsWith($"ONNX Runtime 1.30.0 could not open a model of {bytes.Length / 2} bytes: ", e.Says.In("en"), StringComparison.Ordinal);
        Assert.NotEmpty(e.Reason);
    }
}
