using System.Text;

namespace Kumiki.Tables;

/// <summary>Texts met so far and their numbers, from 0 in the order they were met; looked up by UTF-8 without making strings.</summary>
public sealed class TextDictionary
{
    readonly List<string> texts = [];
    readonly List<byte[]> utf8 = [];
    int[] places = new int[64];     // number + 1; 0 is free

    public int Count => texts.Count;

    public string this[int code] => texts[code];

    /// <summary>The number of a text, new or known.</summary>
    public int Code(ReadOnlySpan<byte> text)
    {
        var place = Place(text);
        if (places[place] != 0) return places[place] - 1;
        texts.Add(Encoding.UTF8.GetString(text));
        utf8.Add(text.ToArray());
        places[place] = texts.Count;
        if (texts.Count * 2 > places.Length) Grow();
        return texts.Count - 1;
    }

    int Place(ReadOnlySpan<byte> text)
    {
        var place = (int)(Hash(text) & (uint)(places.Length - 1));
        while (places[place] is not 0 and var taken && !text.SequenceEqual(utf8[taken - 1])) place = (place + 1) & (places.Length - 1);
        return place;
    }

    static uint Hash(ReadOnlySpan<byte> text)
    {
        var hash = new HashCode();
        hash.AddBytes(text);
        return (uint)hash.ToHashCode();
    }

    void Grow()
    {
        places = new int[places.Length * 2];
        for (var code = 0; code < utf8.Count; code++) places[Place(utf8[code])] = code + 1;
    }
}
