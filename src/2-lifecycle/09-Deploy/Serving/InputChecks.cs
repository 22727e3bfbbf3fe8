using System.Buffers;
using System.Collections.Frozen;
using System.Text;
using System.Text.Unicode;
using Kumiki.Native.OnnxRuntime;

namespace Kumiki.Serving;

/// <summary>What a model that Kumiki made refuses, as it does in training and in batches: an infinite number, a required column that is missing. A text that
/// it never saw is
/// refused too, for online it is mostly a slip, unless the request says that it may be scored.</summary>
static class InputChecks
{
    public static void Hold(InferenceRequest request)
    {
        var signature = request.Signature;
        for (var input = 0; input < signature.Inputs.Length; input++)
        {
            var info = signature.Inputs[input];
            var bytes = request.BytesOf(input);
            if (info.Type == TensorType.Text)
            {
                Texts(request, input, bytes);
                continue;
            }
            var width = Math.Max(1, bytes.Length / OnnxTensor.SizeOf(info.Type) / Math.Max(1, request.Rows));
            if (TensorTypes.FirstNotFinite(info.Type, bytes, nan: false) is var infinite and >= 0)
                throw InferenceException.Bad(Message.Of("inference.infinite", ("input", info.Name), ("row", (infinite / width) + 1)), (info.Name, (infinite / width) + 1));
            if (signature.Required[input] && TensorTypes.FirstNotFinite(info.Type, bytes, orInfinite: false) is var missing and >= 0)
                throw Missing(info.Name, missing / width);
        }
    }

    static void Texts(InferenceRequest request, int input, ReadOnlySpan<byte> bytes)
    {
        var (name, row) = (request.Signature.Inputs[input].Name, 0);
        var known = request.ScoreUnknown ? null : request.Signature.Categories[input];
        foreach (var text in new InferenceRequest.Texts(bytes, name))
        {
            row++;
            if (text.IsEmpty)
            {
                if (request.Signature.Required[input]) throw Missing(name, row - 1);
                continue;
            }
            if (!Utf8.IsValid(text)) throw InferenceException.Bad(Message.Of("inference.not-utf8", ("input", name), ("row", row)), (name, row));
            if (known is not null && !Knows(known, text))
            {
                var shown = Encoding.UTF8.GetString(text);
                throw InferenceException.Bad(Message.Of("inference.unknown-category", ("input", name), ("row", row),
                    ("text", shown.Length <= 60 ? shown : shown[..60] + "…")), (name, row));
            }
        }
    }

    static bool Knows(FrozenSet<string> known, ReadOnlySpan<byte> utf8)
    {
        char[]? rented = null;
        var room = utf8.Length <= 256 ? stackalloc char[256] : rented = ArrayPool<char>.Shared.Rent(utf8.Length);
        var length = Encoding.UTF8.GetChars(utf8, room);
        var found = known.GetAlternateLookup<ReadOnlySpan<char>>().Contains(room[..length]);
        if (rented is not null) ArrayPool<char>.Shared.Return(rented);
        return found;
    }

    static InferenceException Missing(string input, int row) =>
        InferenceException.Bad(Message.Of("inference.value-missing", ("input", input), ("row", row + 1)), (input, row + 1));
}
