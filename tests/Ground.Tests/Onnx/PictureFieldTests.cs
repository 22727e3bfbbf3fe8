using System.Security.Cryptography;
using System.Text;
using Kumiki.Onnx;
using Xunit;

namespace Kumiki.Ground.Tests.Onnx;

/// <summary>Pictures as fields of the rows that an endpoint is asked with.</summary>
public sealed class PictureFieldTests
{
    static readonly EndpointSchema Schema = new([
        new() { Name = "image", Kind = FieldKind.Picture, IsRead = true }, new() { Name = "id", Kind = FieldKind.Text, Optional = true },
        new() { Name = "mask", Kind = FieldKind.Picture, Optional = true }]);

    static readonly byte[] Picture = DrawnPicture.Png(20, 12, 2, 8, (x, y, c) => (x * y) + c);

    static EndpointRows Read(string json)
    {
        var bytes = Encoding.UTF8.GetBytes(json);
        return EndpointRows.Read(Schema, bytes, bytes.Length, out _);
    }

    [Fact]
    public void They_are_texts_in_base64_and_are_shown_by_their_digest_and_length()
    {
        var base64 = Convert.ToBase64String(Picture);
        var escaped = base64.Replace("/", "\\/", StringComparison.Ordinal).Replace("+", "\\u002b", StringComparison.Ordinal);
        using var rows = Read($$"""[{"id": "a", "image": "{{escaped}}"}, {"image": "{{base64}}", "id": "b", "mask": "{{base64}}"}]""");

        Assert.Equal(Picture, rows.Text(0, 0).ToArray());
        Assert.Equal(Picture, rows.Text(2, 1).ToArray());
        Assert.True(rows.IsMissing(2, 0));
        var shown = $$"""{"sha256":"{{Convert.ToHexStringLower(SHA256.HashData(Picture))}}","bytes":{{Picture.Length}}}""";
        Assert.Equal($$"""{"id": "a", "image": {{shown}}}""", Encoding.UTF8.GetString(rows.Json(0)));
        Assert.Equal($$"""{"image": {{shown}}, "id": "b", "mask": {{shown}}}""", Encoding.UTF8.GetString(rows.Json(1)));
    }

    [Theory]
    [InlineData("""{"image": 3}""", "endpoint.not-picture")]
    [InlineData("""{"image": null}""", "endpoint.field-missing")]
    [InlineData("""{"image": ""}""", "endpoint.not-base64")]
    [InlineData("""{"image": "???"}""", "endpoint.not-base64")]
    [InlineData("""{"image": "\ud800"}""", "endpoint.not-base64")]
    [InlineData("""{"image": "data:image/png;base64,aGVsbG8="}""", "endpoint.not-base64")]
    [InlineData("""{"image": "aGVsbG8="}""", "images.not-a-picture")]
    [InlineData("""{"image": "BOMB"}""", "images.too-large")]
    [InlineData("""{"image": "LONG"}""", "images.too-long")]
    public void What_is_none_is_refused_by_field_and_row(string json, string id)
    {
        json = json.Replace("BOMB", Convert.ToBase64String(DrawnPicture.Bomb(60_000, 60_000)), StringComparison.Ordinal);
        if (json.Contains("LONG", StringComparison.Ordinal))
            json = json.Replace("LONG", Convert.ToBase64String(new byte[new PictureLimits().MostBytes + 1]), StringComparison.Ordinal);

        var refused = Assert.Throws<FieldsRefusedException>(() => Read(json));

        Assert.Equal([(1, "image", id)], refused.Errors.Select(e => (e.Row, e.Field!, e.Says.Id)));
    }
}
