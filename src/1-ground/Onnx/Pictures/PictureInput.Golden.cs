using System.Text.Json;
using System.Text.Json.Serialization;

namespace Kumiki.Onnx;

public sealed partial record PictureInput
{
    /// <summary>Under what a model says which of its inputs take pictures.</summary>
    internal const string MetadataKey = "kumiki.pictures";

    /// <summary>Drawn, never somebody's: 20 × 12 pixels as PNG and as JPEG.</summary>
    static readonly string[] Examples =
    [
        "iVBORw0KGgoAAAANSUhEUgAAABQAAAAMCAIAAADtbgqsAAAACXBIWXMAAAPoAAAD6AG1e1JrAAABw0lEQVQozw3NoQGFIABFUQYwEhzAQHQABjASTC8ZiA7AAESCAxiIDsAAxhscwEB0"
        + "kP/PAscYo8EwGk2G2cgbFqPVsBnthmSUDYfRabiMmuE2egyv0WcwxjJYjZbJarZ4q8WyWm2W3SpZstVhOa0uS7O6LY/Va/msjHEaHKPT5JidvGNxWh2b0+5ITtlxOJ2Oy6k5bqfH8Tp9"
        + "7j97Bq/RM3nNHu+1eFavzbN7JU/2Ojyn1+VpXrfn8Xo9n//PQUNgDJoCc5APLEFrYAvaAykoB46gM3AFtcAd9ATeoC/858gQNUamqDnio5bIGrVF9qgUyVFH5Iy6Ii3qjjxRb+SL/zlp"
        + "SIxJU2JO8oklaU1sSXsiJeXEkXQmrqSWuJOexJv0pf9cGIrGwlQ0F3zRUliLtsJelAq56CicRVehFd2Fp+gtfOU/Vw2VsWqqzFW+slStla1qr6SqXDmqzspV1Sp31VN5q776nxtD09iY"
        + "muaGb1oaa9PW2JtSIzcdjbPparSmu/E0vY2v/Wc0wIgmmJGHBa2woR0SynCgEy7U4EYPvOjjP3eGrrEzdc0d37V01q6ts3elTu46OmfX1Wldd+fpejtf1w/0mFoAckSC2gAAAABJRU5E"
        + "rkJggg==",
        "/9j/2wBDAA0NDQ0ODQ4QEA4UFhMWFB4bGRkbHi0gIiAiIC1EKjIqKjIqRDxJOzc7STxsVUtLVWx9aWNpfZeHh5e+tb75+f//2wBDAQ0NDQ0ODQ4QEA4UFhMWFB4bGRkbHi0gIiAiIC1E"
        + "KjIqKjIqRDxJOzc7STxsVUtLVWx9aWNpfZeHh5e+tb75+f//wgARCAAMABQDASIAAhEBAxEB/8QAFgABAQEAAAAAAAAAAAAAAAAABQYA/8QAFQEBAQAAAAAAAAAAAAAAAAAABAb/2gAM"
        + "AwEAAhADEAAAAJtJ9JAZ3WGDU//EABwQAAIBBQEAAAAAAAAAAAAAAAADAQIFMVFiIf/aAAgBAQABPwBVv5FW/kpt/mBSF6FIXohK4jB//8QAGBEAAgMAAAAAAAAAAAAAAAAAAAIDBBT/"
        + "2gAIAQIBAT8Amvub3P/EABsRAAIBBQAAAAAAAAAAAAAAAAAFAwECEiIx/9oACAEDAQE/AFzKTUtZSY06f//Z",
    ];

    const int ExampleSide = 4;

    /// <summary>What a model keeps.</summary>
    sealed record Facts(string Adapter, IReadOnlyList<PictureInput> Inputs, IReadOnlyList<GoldenPicture> Golden);

    /// <summary>An encoded picture and the exact bytes it becomes.</summary>
    /// <param name="Picture">Base64.</param>
    /// <param name="Pixels">Hexadecimal, <see cref="ExampleSide"/> pixels a side.</param>
    internal sealed record GoldenPicture(string Picture, string Pixels);

    internal static IReadOnlyList<GoldenPicture> Golden() => [.. Examples.Select(e => new GoldenPicture(e, PixelsOf(e)))];

    internal static string MetadataOf(IReadOnlyList<PictureInput> inputs) =>
        JsonSerializer.Serialize(new Facts(Adapter, inputs, Golden()), PictureJson.Default.Facts);

    static string PixelsOf(string picture)
    {
        var input = new PictureInput("golden", ExampleSide);
        var pixels = new byte[input.Bytes];
        input.Write(Convert.FromBase64String(picture), 1, pixels);
        return Convert.ToHexStringLower(pixels);
    }

    static IReadOnlyList<PictureInput> Read(string json)
    {
        Facts facts;
        try
        {
            facts = JsonSerializer.Deserialize(json, PictureJson.Default.Facts) is { Adapter: not null, Inputs: not null, Golden: not null } read ? read
                : throw new JsonException("a part is missing");
            if (facts.Inputs.Any(i => i?.Tensor is null) || facts.Golden.Any(g => g?.Picture is null)) throw new JsonException("a part is missing");
            if (facts.Adapter != Adapter) throw new KumikiException(Message.Of("images.adapter-unknown", ("adapter", facts.Adapter), ("known", Adapter)));
            foreach (var (number, golden) in facts.Golden.Index())
                if (PixelsOf(golden.Picture) != golden.Pixels)
                    throw new KumikiException(Message.Of("images.adapter-changed", ("adapter", Adapter), ("number", number + 1)));
        }
        catch (Exception e) when (e is JsonException or FormatException)
        {
            throw new KumikiException(Message.Of("images.adapter-unreadable", ("reason", e.Message)), e);
        }
        return facts.Inputs;
    }

    [JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, IgnoreReadOnlyProperties = true)]
    [JsonSerializable(typeof(Facts))]
    sealed partial class PictureJson : JsonSerializerContext;
}

public sealed partial class OnnxModel
{
    /// <summary>This model, saying which of its inputs take pictures.</summary>
    public OnnxModel WithPictures(params IReadOnlyList<PictureInput> inputs) => WithMetadata(PictureInput.MetadataKey, PictureInput.MetadataOf(inputs));
}
