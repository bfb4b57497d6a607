"""What videos show and say, in a few lines each, and what a person would file them under; for some, nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from shared.domain.records import Finding
from tests.calibration.judging import Case

__all__ = ["SUBJECTS", "subject_cases"]

SUBJECTS: Final[tuple[tuple[str, str], ...]] = (
    # lines, separated by |; categories that are right, separated by |, none for what has no subject of the list
    ("Grandma's Apple Pie|Preheat the oven to 200 degrees|2 cups flour, 1 cup sugar, butter", "food & drink / cooking|food & drink / desserts and baking"),
    ("Chicken curry in 20 minutes|Chop the onion and the garlic|Add a tablespoon of oil|Simmer the sauce", "food & drink / cooking"),
    ("Ten bodyweight exercises|30 push ups|20 squats|Rest one minute", "healthy living / fitness and exercise"),
    ("Morning yoga|Stretch your back|Hold the plank for a minute", "healthy living / fitness and exercise"),
    ("Introduction to Databases|SQL queries|SELECT name FROM students|Lecture 3", "technology & computing / computing|education / college education"),
    ("Python for beginners|Variables and loops|def main():", "technology & computing / computing|education / online education"),
    ("Kubernetes in production|Scaling the API server|Deploying from GitHub", "technology & computing / computing"),
    ("What is a neural network?|Training data and loss|Deep learning explained", "technology & computing / artificial intelligence"),
    ("Large language models|How a transformer predicts the next word|Prompt and inference", "technology & computing / artificial intelligence"),
    ("The new Galaxy smartphone|Camera with 200 megapixels|Battery for two days", "technology & computing / consumer electronics"),
    ("Unboxing: wireless earbuds|Bluetooth 5.3|Charger included", "technology & computing / consumer electronics"),
    ("Smart TV buying guide|HDMI ports|Which television is best", "technology & computing / consumer electronics"),
    ("Apollo 11|The moon landing, 1969|Astronauts on the lunar surface", "science / space and astronomy"),
    ("NASA launches a new telescope|Orbit around the sun|Looking for distant planets", "science / space and astronomy"),
    ("Black holes|Einstein and general relativity|Why time slows near a large mass", "science / space and astronomy|science / physics"),
    ("Plate tectonics|How a volcano forms|Magma rises through the crust", "science / geology"),
    ("The periodic table|Atoms and electrons|A chemical reaction", "science / chemistry"),
    ("Photosynthesis|How a plant cell makes energy|Biology, grade 9", "science / biological sciences"),
    ("Climate change in five charts|Carbon dioxide since 1950|Sea level rise", "science / environment"),
    ("Tonight's weather|Cloudy with a chance of rain|Wind from the west", "science / weather"),
    ("World Cup final|Goal in the 89th minute|Penalty saved by the goalkeeper", "sports / soccer"),
    ("NBA highlights|Slam dunk of the night|Free throw at the end", "sports / basketball"),
    ("Grand Prix of Monaco|Pole position|Pit stop in lap 30", "sports / auto racing"),
    ("Wimbledon|Match point|Forehand down the line", "sports / tennis"),
    ("Tour de France stage 12|The peloton on the climb|Sprint finish", "sports / cycling"),
    ("Skateboard tricks|How to ollie", "sports / extreme sports"),
    ("Official trailer|Directed by Jane Doe|Coming soon to cinemas", "entertainment / movies"),
    ("A short animated film|Made with Blender|Open movie project", "genres / animation & anime|entertainment / movies"),
    ("Piano lesson for beginners|The C major chord|Practise the scale", "hobbies & interests / musical instruments|entertainment / music"),
    ("Live at the concert hall|The orchestra plays a symphony|Conductor and piano", "entertainment / music"),
    ("Raising a puppy|Walking on the leash|Dog training basics", "pets / dogs"),
    ("My cat hates Mondays|Kitten versus litter box", "pets / cats"),
    ("Planting tomatoes|Compost and potting soil|Watering the garden", "home & garden / gardening"),
    ("Hanging a shelf|Power drill and screws|DIY at home", "home & garden / home improvement"),
    ("Three days in Lisbon|Our hotel room|Sightseeing and the beach", "travel / travel type"),
    ("Packing list|Passport, visa, travel insurance|Before the flight", "travel / travel preparation and advice"),
    ("Mountain hiking in the Alps|Tent on the trail|The summit at dawn", "travel / travel type"),
    ("Black Friday|Buy now and save|Discount on every offer", "shopping / sales and promotions"),
    ("Exciting offers at your authorised retailer|Terms apply", "shopping / sales and promotions"),
    ("Index funds for beginners|Build an investment portfolio|Stocks or bonds", "personal finance / personal investing"),
    ("Quarterly results|Revenue by customer segment|Roadmap for our stakeholders", "business and finance / business"),
    ("Election night|Ballots are counted|Votes for the senate", "politics / elections"),
    ("Happy birthday Tom|Cake and candles", "personal celebrations & life events / birthday"),
    ("Anna and Paul|Our wedding day|The bride arrives", "personal celebrations & life events / wedding"),
    ("Everyday makeup tutorial|Mascara and lipstick|Glowing skin", "style & fashion / beauty"),
    ("Paris fashion week|The new collection on the runway", "style & fashion / fashion trends"),
    ("Gameplay, part 3|Boss fight|Game over", "video gaming"),
    ("Technische Hochschule|Vorlesung Mathematik|Wintersemester", "education / college education"),
    ("How a vaccine works|Antibodies and the virus|The second dose", "medical health / vaccines"),
    ("Job interview tips|Write a better cover letter", "careers / job search"),
    ("Changing brake pads|Engine oil and filters|Tools: a wrench", "automotive / auto repair"),
    ("Test drive: electric vehicle|Horsepower and mileage", "automotive"),
    # nothing of the list
    ("Welcome|Please take a seat|We start soon", ""),
    ("The solution|Our service|Contact", ""),
    ("A reaction to the match|What a goal to set in life", ""),
    ("Family album|Summer 1998|At the lake with uncle Bob", ""),
    ("The pilot program|A new chapter|Next steps", ""),
    ("Grandpa tells a story|The old mill and the river", ""),
    ("Board of directors|Minutes of the meeting|Vote on item 4", "business and finance / business"),
    ("Waves on the shore|No words, only sound", ""),
    ("Track 7|Platform change|The train is late", ""),
    ("A model citizen|The energy in the room|Force of habit", ""),
    ("Fire drill|Please leave by the stairs|Meet at the gate", ""),
    ("Chapter 2|The author thanks the publisher|Pages 20 to 45", "books and literature / fiction"),
    ("The cell at the end of the hall|Key, lock, door", ""),
    ("Server room closed|Ask at the desk|Function room upstairs", ""),
    ("Menu|Home|Settings|Search", ""),
    ("Park here|Two hours|No trucks", ""),
    ("Choir practice on Monday|Bring your own cup", ""),
    ("Court of appeals|The judge enters|All rise", ""),
    ("Ship of Theseus|If every plank is replaced, is it the same?", ""),
    ("Stage plan|Light left, light right|Sound check at five", ""),
    ("Opening hours|Monday to Friday|Closed on holidays", ""),
    ("Goal: finish the report|Deadline Friday|Owner: Pat", ""),
)  # fmt: skip


def subject_cases() -> Iterator[Case]:
    """Yields a case of each, its lines read without a mistake."""
    for number, (lines, categories) in enumerate(SUBJECTS):
        texts = lines.split("|")
        yield Case(
            name=f"subject {number}",
            findings=[_line(text, index) for index, text in enumerate(texts)],
            texts=texts,
            persons=frozenset({"jane doe"}),
            categories=frozenset(filter(None, categories.split("|"))),
        )


def _line(text: str, index: int) -> Finding:
    return Finding(
        name="text",
        modality="text",
        value=text,
        start_s=5.0 * index,
        end_s=5.0 * index + 5.0,
        confidence=0.99,
        producer="text",
        producer_version="1",
        box=(0.1, 0.1, 0.8, 0.05),
    )
