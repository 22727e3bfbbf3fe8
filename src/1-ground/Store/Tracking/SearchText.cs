using System.Globalization;

namespace Kumiki.Tracking;

/// <summary>Reads the text of a search:
/// <code>
/// filter := [ clause { AND clause } ]
/// clause := ident op value | ident [NOT] IN '(' text { ',' text } ')' | ident IS [NOT] NULL
/// ident  := [ entity '.' ] ( word | "quoted" | `quoted` )
/// </code></summary>
ref struct SearchText
{
    /// <summary>A longer filter is refused.</summary>
    internal const int MostCharacters = 16_384;

    /// <summary>A filter of more clauses, an order of more items, is refused; each is one more look-up a row.</summary>
    internal const int MostClauses = 100;

    /// <summary>A longer list after IN is refused.</summary>
    internal const int MostListed = 1_000;

    static readonly (string Sign, Comparison Comparison)[] Signs =
    [
        ("!=", Comparison.NotEqual), ("<=", Comparison.LessOrEqual), (">=", Comparison.GreaterOrEqual),
        ("=", Comparison.Equal), ("<", Comparison.Less), (">", Comparison.Greater),
    ];

    readonly SearchSubject subject;
    readonly string text;
    int at;

    SearchText(SearchSubject subject, string text) => (this.subject, this.text) = (subject, text);

    internal static IReadOnlyList<Clause> Clauses(SearchSubject subject, string filter)
    {
        if (filter.Length > MostCharacters) throw Bad(Message.Of("tracking.filter-long", ("length", filter.Length), ("most", MostCharacters)));
        var read = new SearchText(subject, filter);
        var clauses = new List<Clause>();
        if (read.IsAtEnd()) return clauses;
        do
        {
            if (clauses.Count == MostClauses) throw Bad(Message.Of("tracking.filter-many", ("most", MostClauses)));
            clauses.Add(read.Clause());
        }
        while (read.Keyword("AND"));
        return read.IsAtEnd() ? clauses : throw read.Unreadable();
    }

    internal static IReadOnlyList<SearchOrder> Order(SearchSubject subject, IReadOnlyList<string> items)
    {
        if (items.Count > MostClauses) throw Bad(Message.Of("tracking.filter-many", ("most", MostClauses)));
        var order = new List<SearchOrder>();
        foreach (var item in items)
        {
            if (item.Length > MostCharacters) throw Bad(Message.Of("tracking.filter-long", ("length", item.Length), ("most", MostCharacters)));
            var read = new SearchText(subject, item);
            if (read.IsAtEnd()) throw Bad(Message.Of("tracking.order", ("item", item)));
            var (entity, key) = read.Ident();
            if (entity == SearchEntity.Dataset) throw Bad(Message.Of("tracking.order", ("item", item)));
            if (entity == SearchEntity.Attribute) key = read.Known(key, toOrder: true).Name;
            var descending = read.Keyword("DESC");
            if (!descending) read.Keyword("ASC");
            if (!read.IsAtEnd()) throw Bad(Message.Of("tracking.order", ("item", item)));
            if (order.Any(o => o.Entity == entity && o.Key == key)) throw Bad(Message.Of("tracking.order-twice", ("item", item)));
            order.Add(new(entity, key, descending));
        }
        return order;
    }

    Clause Clause()
    {
        var start = at;
        var (entity, key) = Ident();
        var attribute = entity == SearchEntity.Attribute ? Known(key, toOrder: false) : null;
        var comparison = Operator(start);
        var allowed = attribute?.Comparisons ?? subject.ComparisonsOf(entity);
        if (!allowed.Contains(comparison)) throw Bad(Message.Of("tracking.filter-operator", ("clause", Shown(text[start..at])),
            ("known", string.Join(", ", allowed.Select(Written)))));
        if (entity == SearchEntity.Dataset && key is not ("name" or "digest" or "context"))
            throw Bad(Message.Of("tracking.filter-attribute", ("key", Shown(key)), ("known", "context, digest, name")));
        key = attribute?.Name ?? key;

        if (comparison is Comparison.IsNull or Comparison.IsNotNull) return new(entity, key, comparison);
        if (comparison is Comparison.In or Comparison.NotIn) return new(entity, key, comparison, Texts: List(start));
        if (IsAtEnd()) throw Unreadable(start);
        if (attribute?.IsNumber ?? entity == SearchEntity.Metric) return new(entity, key, comparison, Number: Number(start));
        return Quoted("'\"") is { } value
            ? new(entity, key, comparison, Text: value)
            : throw Bad(Message.Of("tracking.filter-quoted", ("key", Shown(key)), ("value", Shown(Word()))));
    }

    (SearchEntity Entity, string Key) Ident()
    {
        if (Quoted("\"`") is { } quoted) return (SearchEntity.Attribute, quoted);
        var start = at;
        var word = Word();
        if (word.Length == 0) throw Unreadable(start);
        // "Run name", as pages of old wrote it
        if (word.Equals("run", StringComparison.OrdinalIgnoreCase) && subject.AttributeOf("run name") is not null
            && Keyword("name")) return (SearchEntity.Attribute, "run name");
        var dot = word.IndexOf('.', StringComparison.Ordinal);
        if (dot < 0) return (SearchEntity.Attribute, word);
        var entity = subject.EntityOf(word[..dot])
            ?? throw Bad(Message.Of("tracking.filter-entity", ("entity", Shown(word[..dot])), ("known", string.Join(", ", subject.EntityWords))));
        var key = dot == word.Length - 1 && at < text.Length && text[at] is '"' or '`' ? Quoted("\"`") : word[(dot + 1)..];
        return string.IsNullOrEmpty(key) ? throw Unreadable(start) : (entity, key);
    }

    readonly SearchSubject.Attribute Known(string key, bool toOrder) =>
        subject.AttributeOf(key) is { } attribute && (toOrder || !attribute.OnlyToOrder)
            ? attribute
            : throw Bad(Message.Of("tracking.filter-attribute", ("key", Shown(key)), ("known", string.Join(", ", subject.AttributeNames(toOrder)))));

    Comparison Operator(int start)
    {
        Skip();
        foreach (var (sign, comparison) in Signs)
        {
            if (!text.AsSpan(at).StartsWith(sign, StringComparison.Ordinal)) continue;
            at += sign.Length;
            return comparison;
        }
        if (Keyword("LIKE")) return Comparison.Like;
        if (Keyword("ILIKE")) return Comparison.LikeAnyCase;
        if (Keyword("IN")) return Comparison.In;
        if (Keyword("NOT")) return Keyword("IN") ? Comparison.NotIn : throw Unreadable(start);
        if (!Keyword("IS")) throw Unreadable(start);
        var not = Keyword("NOT");
        return !Keyword("NULL") ? throw Unreadable(start) : not ? Comparison.IsNotNull : Comparison.IsNull;
    }

    List<string> List(int start)
    {
        var all = new List<string>();
        if (!Sign('(')) throw Unreadable(start);
        do
        {
            if (all.Count == MostListed) throw Bad(Message.Of("tracking.filter-many", ("most", MostListed)));
            all.Add(Quoted("'\"") ?? throw Unreadable(start));
        }
        while (Sign(','));
        return Sign(')') ? all : throw Unreadable(start);
    }

    double Number(int start)
    {
        Skip();
        if (at < text.Length && text[at] is '\'' or '"') throw Bad(Message.Of("tracking.filter-number", ("clause", Shown(text[start..]))));
        var word = Word();
        return double.TryParse(word, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number)
            ? number
            : throw Bad(Message.Of("tracking.filter-number", ("clause", Shown(text[start..at]))));
    }

    /// <summary>A quoted text without its quotes, a doubled quote within being one; null where none begins here.</summary>
    string? Quoted(string quotes)
    {
        Skip();
        if (at == text.Length || !quotes.Contains(text[at], StringComparison.Ordinal)) return null;
        var (start, quote) = (at, text[at]);
        for (var i = at + 1; i < text.Length; i++)
        {
            if (text[i] != quote) continue;
            if (i + 1 < text.Length && text[i + 1] == quote)
            {
                i++;
                continue;
            }
            at = i + 1;
            return text[(start + 1)..i].Replace(new string(quote, 2), new string(quote, 1), StringComparison.Ordinal);
        }
        throw Unreadable(start);
    }

    string Word()
    {
        Skip();
        var start = at;
        while (at < text.Length && !char.IsWhiteSpace(text[at]) && !"=!<>()',\"`;".Contains(text[at], StringComparison.Ordinal)) at++;
        return text[start..at];
    }

    /// <summary>Takes a word of the grammar, in any case, if it stands here.</summary>
    bool Keyword(string word)
    {
        var before = at;
        if (Word().Equals(word, StringComparison.OrdinalIgnoreCase)) return true;
        at = before;
        return false;
    }

    bool Sign(char sign)
    {
        Skip();
        if (at == text.Length || text[at] != sign) return false;
        at++;
        return true;
    }

    void Skip()
    {
        while (at < text.Length && char.IsWhiteSpace(text[at])) at++;
    }

    bool IsAtEnd()
    {
        Skip();
        return at == text.Length;
    }

    readonly TrackingException Unreadable(int start = 0) => Bad(Message.Of("tracking.filter-clause", ("clause", Shown(text[start..].Trim()))));

    static TrackingException Bad(Message says) => new(TrackingFault.InvalidValue, says);

    static string Shown(string part) => part.Length <= 200 ? part : part[..200] + "…";

    static string Written(Comparison comparison) => comparison switch
    {
        Comparison.Equal => "=",
        Comparison.NotEqual => "!=",
        Comparison.Less => "<",
        Comparison.LessOrEqual => "<=",
        Comparison.Greater => ">",
        Comparison.GreaterOrEqual => ">=",
        Comparison.Like => "LIKE",
        Comparison.LikeAnyCase => "ILIKE",
        Comparison.In => "IN",
        Comparison.NotIn => "NOT IN",
        Comparison.IsNull => "IS NULL",
        _ => "IS NOT NULL",
    };
}
